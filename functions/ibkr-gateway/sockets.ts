import { setTimeout as wait } from 'node:timers/promises'
import { type Broker, BrokerConnectionError, type OrderResult } from '../../shared/brokers/broker.ts'
import type { IbkrBroker } from '../../shared/brokers/ibkr/ibkr-broker.ts'
import type { Brokers, PoolDeps } from '../../shared/brokers/pool.ts'
import { openBroker } from '../../shared/brokers/registry.ts'
import { sentence } from '../../shared/domain/errors.ts'
import type { Background } from '../../shared/runtime/background.ts'
import { now } from '../../shared/runtime/clock.ts'
import { errorText, type Log, logOf } from '../../shared/runtime/log.ts'
import { type BrokerPlan, isHeldByGateway, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { brokerAccountOf, shutUntilReconciled } from '../../shared/store/broker-accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { handOver, keepLease, takeFreeLease } from '../../shared/store/leases.ts'

/** A holder that died is waited for no longer than this. */
const LEASE_MS = 15_000
/** A holder lets go this long before its lease ends, so that clocks may differ by as much. */
const MARGIN_MS = 4_000
const RENEW_MS = 2_000
const LOOK_MS = 250

const leaseOf = (broker_id: string): string => `socket:${broker_id}`

/** What a broker's socket looks like from here. */
export interface SocketShown {
  broker_id: string
  holds_lease: boolean
  connected: boolean
  logged_in: boolean
  reason: string | null
  last_message_at: Date | null
  next_reset: Date | null
}

export interface Sockets {
  /** Opens brokers for a pool: those with a socket only let themselves be connected by who holds their lease. */
  open: NonNullable<PoolDeps['open']>
  holds(broker_id: string): boolean
  shown(): Promise<SocketShown[]>
  /** Holds the lease of every broker that has a socket, and connects it, for as long as the process lives. */
  keep(brokers: Brokers): Background
}

interface SocketDeps {
  store: Store
  /** Who holds: another one in every process. */
  holder: string
  leaseMs?: number
  renewMs?: number
}

/**
 * One socket a login: whoever has its lease in the database holds it, and lets go of it in time where the lease cannot be kept, so that no two
 * containers ever hold it together.
 */
export function openSockets({ store, holder, leaseMs = LEASE_MS, renewMs = RENEW_MS }: SocketDeps): Sockets {
  const marginMs = Math.min(MARGIN_MS, leaseMs / 3)
  const opened = new Map<string, IbkrBroker>()
  /** Until when each lease is certainly ours, by this process's own clock. */
  const held = new Map<string, number>()
  const holds = (broker_id: string): boolean => (held.get(broker_id) ?? 0) > performance.now()

  const letGo = async (broker_id: string): Promise<void> => {
    held.delete(broker_id)
    await opened.get(broker_id)?.disconnect()
  }

  async function keepOne({ broker_id, accounts }: BrokerPlan, brokers: Brokers, log: Log): Promise<void> {
    const asked = performance.now()
    const lease = { lease_id: leaseOf(broker_id), holder, until: new Date(now().getTime() + leaseMs) }
    const had = holds(broker_id)
    const mine = had ? await keepLease(store, lease) : (await takeFreeLease(store, lease, now())) !== null
    if (!mine) {
      if (had) log.warning('socket taken by another container', { broker_id })
      return letGo(broker_id)
    }
    held.set(broker_id, asked + leaseMs - marginMs)
    if (!holds(broker_id)) return
    if (!had) {
      log.info('socket held', { broker_id })
      const account_ids = accounts.map(({ account_id }) => account_id)
      await shutUntilReconciled(store, account_ids, now())
    }
    const broker = await brokers(broker_id)
    if ((await broker.status()) !== 'CONNECTED') broker.connect().catch(() => undefined)
  }

  async function release(broker_id: string): Promise<void> {
    const had = holds(broker_id)
    await letGo(broker_id)
    if (had) await handOver(store, { lease_id: leaseOf(broker_id), holder })
  }

  return {
    holds,
    open: async (plan, deps) => {
      if (!isHeldByGateway(plan)) return openBroker(plan, deps)
      const { ibkrBroker } = await import('../../shared/brokers/ibkr/ibkr-broker.ts')
      const broker = ibkrBroker(plan, deps)
      opened.set(plan.broker_id, broker)
      return guarded({ broker, broker_id: plan.broker_id, store, holds })
    },
    shown: async () =>
      Promise.all(
        [...opened].map(async ([broker_id, broker]) => {
          const { connected, logged_in, reason, last_message_at, next_reset } = await broker.session()
          return { broker_id, holds_lease: holds(broker_id), connected, logged_in, reason, last_message_at, next_reset }
        }),
      ),
    keep: brokers => async ending => {
      const log = logOf('ibkr-gateway', {})
      // However long the database takes to answer: what is not kept in time is let go.
      const guard = setInterval(() => {
        for (const broker_id of held.keys()) if (!holds(broker_id)) void letGo(broker_id)
      }, LOOK_MS)
      try {
        while (!ending.aborted) {
          const plans = ((await readHierarchy(store))?.brokers ?? []).filter(isHeldByGateway)
          await Promise.all(
            plans.map(plan =>
              keepOne(plan, brokers, log).catch((error: unknown) =>
                log.warning('socket not kept', { broker_id: plan.broker_id, error: errorText(error) }),
              ),
            ),
          )
          for (const broker_id of [...held.keys()]) if (!plans.some(plan => plan.broker_id === broker_id)) await release(broker_id)
          await wait(renewMs, undefined, { signal: ending }).catch(() => undefined)
        }
      } finally {
        clearInterval(guard)
        for (const broker_id of [...held.keys()]) await release(broker_id)
      }
    },
  }
}

interface Guarding {
  broker: Broker
  broker_id: string
  store: Store
  holds(broker_id: string): boolean
}

/** Connects only who holds the lease; sends entries only once their account was reconciled since it did (rule 7). */
const guarded = ({ broker, broker_id, store, holds }: Guarding): Broker => ({
  ...broker,
  connect: async () => {
    if (!holds(broker_id)) throw new BrokerConnectionError(sentence('SOCKET_NOT_HELD', { broker_id }))
    await broker.connect()
  },
  placeOrder: async (request): Promise<OrderResult> => {
    if (request.is_exit || (await brokerAccountOf(store, request.account_id))?.reconciled) return broker.placeOrder(request)
    return { kind: 'unknown', reason: sentence('NOT_RECONCILED', { account_id: request.account_id }) }
  },
})
