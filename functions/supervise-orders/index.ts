import { gateLive } from '../../shared/brokers/live-gate.ts'
import { brokerPool } from '../../shared/brokers/pool.ts'
import { openBroker } from '../../shared/brokers/registry.ts'
import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { scheduledRun } from '../../shared/messages/account.ts'
import { executionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { superviseAll, superviseOne } from './handler.ts'

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
const supervisor = {
  store,
  brokers: gateLive({ brokers, planOf: id => brokerPlan(store, id), allowLive: config.ALLOW_LIVE }),
  environment: config.ENVIRONMENT,
  flush: outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT)),
}

defineStep('supervise-orders', {
  config,
  triggers: {
    'run-supervise-orders': trigger(scheduledRun, superviseAll(supervisor)),
    'execution-confirmations': trigger(executionConfirmation, superviseOne(supervisor)),
  },
})
