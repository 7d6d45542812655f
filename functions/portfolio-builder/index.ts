import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSchedules } from '../../shared/cloud/schedules.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { openStore } from '../../shared/store/open.ts'
import { environment } from './config.ts'
import { portfolioRoutes } from './routes.ts'

const config = readEnvironment(environment, process.env)
const store = openStore(config)
const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)
const flush = outboxFlusher(store, publisher)
const schedules = openSchedules(config)
const { ENVIRONMENT, FUND_TIME_ZONE: time_zone } = config

defineHttp('portfolio-builder', {
  config,
  routes: portfolioRoutes({ store, secrets: openSecrets(config), flush, publisher, schedules, environment: ENVIRONMENT, time_zone }),
})
