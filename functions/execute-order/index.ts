import { gateLive } from '../../shared/brokers/live-gate.ts'
import { brokerPool } from '../../shared/brokers/pool.ts'
import { openBroker } from '../../shared/brokers/registry.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { orderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { executeOrder } from './handler.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const brokers = brokerPool({
  open: openBroker,
  store,
  marketUrl: config.MARKET_URL,
  now,
  crashPoint,
  instruments: instrumentNames(store),
  planOf: id => brokerPlan(store, id),
  secrets: openSecrets(config),
})
const allowed = gateLive({ brokers, planOf: id => brokerPlan(store, id), allowLive: config.ALLOW_LIVE })

defineStep('execute-order', {
  config,
  triggers: { 'trading-orders': trigger(orderCommand, executeOrder({ store, brokers: allowed, allowLive: config.ALLOW_LIVE })) },
})
