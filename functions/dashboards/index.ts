import { openPublisher } from '../../shared/cloud/publisher.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { openStore } from '../../shared/store/open.ts'
import { dashboardRoutes } from './routes.ts'

const config = readEnvironment(baseEnvironment, process.env)

defineHttp('dashboards', {
  config,
  routes: dashboardRoutes({ store: openStore(config), publisher: openPublisher(config.GOOGLE_CLOUD_PROJECT) }),
})
