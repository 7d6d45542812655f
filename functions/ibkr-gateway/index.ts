import { brokerPool } from '../../shared/brokers/pool.ts'
import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { defineBackground, startBackground } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineHttp } from '../../shared/runtime/define-http.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { followStreams } from './follow-streams.ts'
import { routes, serveSockets, takeInWhatOthersWrite } from './handler.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const flush = outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT))
const secrets = openSecrets(config)
const brokers = brokerPool({
  store,
  marketUrl: config.MARKET_URL,
  now,
  crashPoint,
  instruments: instrumentNames(store),
  planOf: id => brokerPlan(store, id),
  secrets,
})
const parts = { store, secrets, flush, config }

defineHttp('ibkr-gateway', { config, routes })
serveSockets(parts, config)
defineBackground('ibkr-gateway', takeInWhatOthersWrite(parts))
defineBackground('ibkr-gateway', followStreams({ store, brokers, flush }))
if (config.K_SERVICE) startBackground()
