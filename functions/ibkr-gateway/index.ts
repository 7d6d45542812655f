import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { defineBackground, startBackground } from '../../shared/runtime/background.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { openStore } from '../../shared/store/open.ts'
import { routes, serveSockets, takeInWhatOthersWrite } from './handler.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const flush = outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT))
const parts = { store, secrets: openSecrets(config), flush, config }

defineHttp('ibkr-gateway', { config, routes })
serveSockets(parts)
defineBackground('ibkr-gateway', takeInWhatOthersWrite(parts))
if (config.K_SERVICE) startBackground()
