import { endWhenAsked, startBackground } from '../../shared/runtime/background.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { openGateway } from './gateway.ts'
import { routes } from './handler.ts'

const { config, triggers, postbacks, health, begin } = openGateway(process.env)

defineHttp('ibkr-gateway', { config, routes: { ...routes, ...postbacks }, triggers, health })
begin()
if (config.K_SERVICE) endWhenAsked(startBackground())
