import { brokerPool } from '../../shared/brokers/pool.ts'
import { scheduledRun } from '../../shared/messages/account.ts'
import { executionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { superviseAll, superviseOne } from './handler.ts'

const config = readEnvironment(baseEnvironment, process.env)
const store = openStore(config)
const brokers = brokerPool({
  store,
  marketUrl: config.MARKET_URL,
  now,
  crashPoint,
  instruments: instrumentNames(store),
  planOf: id => brokerPlan(store, id),
})

defineStep('supervise-orders', {
  config,
  triggers: {
    'run-supervise-orders': trigger(scheduledRun, superviseAll({ store, brokers })),
    'execution-confirmations': trigger(executionConfirmation, superviseOne({ store, brokers })),
  },
})
