import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { openStore } from '../../shared/store/open.ts'
import { accountRoutes } from './account-routes.ts'
import { brokerRoutes } from './broker-routes.ts'
import { loginRoutes } from './login-routes.ts'
import { transferRoutes } from './transfer-routes.ts'

const config = readEnvironment(baseEnvironment, process.env)
const sources = { store: openStore(config), publisher: openPublisher(config.GOOGLE_CLOUD_PROJECT), secrets: openSecrets(config) }

defineHttp('account-data', {
  config,
  routes: { ...accountRoutes(sources), ...brokerRoutes(sources), ...transferRoutes(sources), ...loginRoutes(sources) },
})
