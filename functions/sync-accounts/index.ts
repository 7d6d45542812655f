import { brokerPool } from '../../shared/brokers/pool.ts'
import { accountUpdate, scheduledRun, syncRequest } from '../../shared/messages/account.ts'
import { now } from '../../shared/runtime/clock.ts'
import { baseEnvironment, readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { syncAfter, syncAll } from './handler.ts'

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
const syncOne = syncAfter({ store, brokers })

defineStep('sync-accounts', {
  config,
  triggers: {
    'run-sync-accounts': trigger(scheduledRun, syncAll({ store, brokers })),
    'account-updates': trigger(accountUpdate, ({ account_id, timestamp }) => syncOne(account_id, timestamp)),
    'sync-requests': trigger(syncRequest, ({ account_id, requested_at }) => syncOne(account_id, requested_at)),
  },
})
