import { brokerPool } from '../../shared/brokers/pool.ts'
import { openBroker } from '../../shared/brokers/registry.ts'
import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { accountUpdate, scheduledRun, syncRequest } from '../../shared/messages/account.ts'
import { now } from '../../shared/runtime/clock.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { defineStep, trigger } from '../../shared/runtime/define-step.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { settleTransfers } from './carry-out-transfers.ts'
import { syncEnvironment } from './config.ts'
import { syncAfter, syncAll } from './handler.ts'

/** Longer than the slowest broker takes, and short enough that one that is dead holds up nobody. */
const DEADLINE_MS = 10_000

const config = readEnvironment(syncEnvironment, process.env)
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
const sync = {
  store,
  brokers,
  time_zone: config.FUND_TIME_ZONE,
  flush: outboxFlusher(store, openPublisher(config.GOOGLE_CLOUD_PROJECT)),
  deadline_ms: DEADLINE_MS,
}
const syncOne = syncAfter(sync)

defineStep('sync-accounts', {
  config,
  triggers: {
    'run-sync-accounts': trigger(scheduledRun, syncAll(sync)),
    'account-updates': trigger(accountUpdate, ({ account_id, timestamp }) => syncOne(account_id, timestamp)),
    'sync-requests': trigger(syncRequest, async ({ account_id, requested_at }) =>
      syncOne(account_id, await settleTransfers(sync, account_id, requested_at)),
    ),
  },
})
