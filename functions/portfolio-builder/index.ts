import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { openStore } from '../../shared/store/open.ts'
import { portfolioRoutes } from './routes.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const flush = outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT))

defineHttp('portfolio-builder', { config, routes: portfolioRoutes({ store, secrets: openSecrets(config), flush }) })
