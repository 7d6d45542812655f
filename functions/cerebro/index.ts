import { brokerPool } from '../../shared/brokers/pool.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { cerebroEnvironment } from './config.ts'
import { decideSignal } from './handler.ts'

const config = readEnvironment(cerebroEnvironment, process.env)
const store = openStore(config)
const brokers = brokerPool({
  store,
  marketUrl: config.MARKET_URL,
  now,
  crashPoint,
  instruments: instrumentNames(store),
  planOf: id => brokerPlan(store, id),
})

defineStep('cerebro', {
  config,
  triggers: {
    'standardized-signals': trigger(standardizedSignal, decideSignal({ store, brokers, cerebro_version: config.CEREBRO_VERSION })),
  },
})
