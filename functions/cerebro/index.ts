import { openForDecisions } from '../../shared/brokers/capabilities.ts'
import { brokerPool } from '../../shared/brokers/pool.ts'
import { openPublisher } from '../../shared/cloud/publisher.ts'
import { scheduledRun } from '../../shared/messages/account.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { cerebroEnvironment } from './config.ts'
import { valueDropped } from './dropped-entries.ts'
import { entryTurns } from './entry-turns.ts'
import { decideSignal } from './handler.ts'
import { requestSync } from './request-sync.ts'
import { scenarioCache } from './scenario-cache.ts'

const config = readEnvironment(cerebroEnvironment, process.env)
const store = openStore(config)
const brokers = brokerPool({
  open: openForDecisions,
  store,
  marketUrl: config.MARKET_URL,
  now,
  crashPoint,
  instruments: instrumentNames(store),
  planOf: id => brokerPlan(store, id),
})

const sources = {
  store,
  brokers,
  cerebro_version: config.CEREBRO_VERSION,
  inShadow: config.CEREBRO_SHADOW === config.CEREBRO_VERSION,
  time_zone: config.FUND_TIME_ZONE,
  scenarios: scenarioCache(store),
  turns: entryTurns(),
  requestSync: requestSync(openPublisher(config.GOOGLE_CLOUD_PROJECT)),
}

defineStep('cerebro', {
  config,
  triggers: {
    'standardized-signals': trigger(standardizedSignal, decideSignal(sources)),
    'run-cerebro': trigger(scheduledRun, valueDropped(sources)),
  },
})
