import { randomUUID } from 'node:crypto'
import { gateLive } from '../../shared/brokers/live-gate.ts'
import { brokerPool } from '../../shared/brokers/pool.ts'
import { openPublisher } from '../../shared/cloud/publisher.ts'
import { openSecrets } from '../../shared/cloud/secrets.ts'
import { accountUpdate, scheduledRun, syncRequest } from '../../shared/messages/account.ts'
import { orderCommand } from '../../shared/messages/order.ts'
import { defineBackground } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { readEnvironment } from '../../shared/runtime/configuration.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { trigger } from '../../shared/runtime/define-step.ts'
import { outboxFlusher } from '../../shared/runtime/outbox.ts'
import { brokerPlan } from '../../shared/store/account-hierarchy.ts'
import { instrumentNames } from '../../shared/store/instruments.ts'
import { openStore } from '../../shared/store/open.ts'
import { gatewayEnvironment } from './config.ts'
import { feedQuotes } from './feed-quotes.ts'
import { followStreams } from './follow-streams.ts'
import { serveSockets, takeInWhatOthersWrite } from './handler.ts'
import { superviseHeld, syncAllHeld, syncOneHeld, syncWhenConnected, takeOrder } from './held-orders.ts'
import { keepQuotes } from './keep-quotes.ts'
import { keepSupervised } from './keep-supervised.ts'
import { postbackRoutes } from './postbacks.ts'
import { openSockets } from './sockets.ts'

/** A reading asks for positions with their marks, one account after another. */
const SYNC_DEADLINE_MS = 20_000

/** Everything that is always on, over one store and one pool of brokers. */
export function openGateway(environment: NodeJS.ProcessEnv) {
  const config = readEnvironment(gatewayEnvironment, environment)
  const store = openStore(config)
  const publisher = openPublisher(config.GOOGLE_CLOUD_PROJECT)
  const flush = outboxFlusher(store, publisher)
  const secrets = openSecrets(config)
  const sockets = openSockets({ store, holder: randomUUID() })
  const brokers = brokerPool({
    store,
    marketUrl: config.MARKET_URL,
    now,
    crashPoint,
    instruments: instrumentNames(store),
    planOf: id => brokerPlan(store, id),
    secrets,
    open: sockets.open,
  })
  const parts = { store, secrets, flush, config }
  const allowed = gateLive({ brokers, planOf: id => brokerPlan(store, id), allowLive: config.ALLOW_LIVE })
  const execution = { store, brokers: allowed, allowLive: config.ALLOW_LIVE }
  const sync = { store, brokers, time_zone: config.FUND_TIME_ZONE, flush, deadline_ms: SYNC_DEADLINE_MS }
  const syncOne = syncOneHeld(sync)
  return {
    config,
    triggers: {
      'trading-orders': trigger(orderCommand, takeOrder(execution, sockets)),
      'run-ibkr-gateway': trigger(scheduledRun, syncAllHeld(sync, sockets)),
      'account-updates': trigger(accountUpdate, ({ account_id, timestamp }) => syncOne(account_id, timestamp)),
      'sync-requests': trigger(syncRequest, ({ account_id, requested_at }) => syncOne(account_id, requested_at)),
    },
    postbacks: postbackRoutes({ store, brokers, flush, secrets }),
    /** How the broker's sockets stand. A broker that is away is no fault of this process. */
    health: async () => ({ brokers: await sockets.shown() }),
    begin: () => {
      serveSockets(parts, config)
      defineBackground('ibkr-gateway', takeInWhatOthersWrite(parts))
      defineBackground('ibkr-gateway', sockets.keep(brokers))
      defineBackground('ibkr-gateway', keepSupervised(store, publisher))
      defineBackground('ibkr-gateway', syncWhenConnected(sync, sockets))
      // On one machine the simulated market writes quotes.
      if (config.MARKET_URL === undefined) defineBackground('ibkr-gateway', feedQuotes({ store, brokers }, sockets))
      defineBackground('ibkr-gateway', followStreams({ store, brokers, flush }))
      defineBackground('ibkr-gateway', keepQuotes({ store, brokers }))
      defineBackground('ibkr-gateway', superviseHeld({ store, brokers: allowed, flush, environment: config.ENVIRONMENT }, sockets))
    },
  }
}
