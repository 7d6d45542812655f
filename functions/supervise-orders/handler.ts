import { setTimeout as delay } from 'node:timers/promises'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText, type Log } from '../../shared/runtime/log.ts'
import type { Flush, Waiting } from '../../shared/runtime/outbox.ts'
import {
  accountsOf,
  type BrokerPlan,
  brokerPlan,
  isHeldByGateway,
  type PlacedAccount,
  readHierarchy,
} from '../../shared/store/account-hierarchy.ts'
import { shutUntilReconciled } from '../../shared/store/broker-accounts.ts'
import { brokerStatusQuery } from '../../shared/store/broker-status.ts'
import { cerebroDecisions } from '../../shared/store/cerebro-decisions.ts'
import { frozenInstruments } from '../../shared/store/frozen-instruments.ts'
import { readAll } from '../../shared/store/query.ts'
import {
  orderById,
  ordersInStatus,
  type StoredOrder,
  tradingOrders,
  unfinishedExits,
  unprotectedOrders,
} from '../../shared/store/trading-orders.ts'
import { deleverageAccounts } from './deleverage.ts'
import { climb } from './exits.ts'
import { type Lease, takeIfFree, takeOver, whileHeld } from './lease.ts'
import { lookAt } from './look.ts'
import { resendLostExits } from './lost-exits.ts'
import { type Memory, openMemory } from './memory.ts'
import { freeOrphanReservations } from './orphan-reservations.ts'
import { keyOf } from './record.ts'
import { resolveOrder } from './resolve-order.ts'
import type { Look, Supervision } from './supervision.ts'

const MOST_ORDERS = 2_000
const EVERY_MS = 2_000
/** A run ends before its delivery does; usually the next run has taken the lease by then. */
const LONGEST_RUN_MS = 85_000
/** Between two looks, who waits for the lease is let in this soon. */
const LET_GO_WITHIN_MS = 200
/** An account without open orders, whose broker stands well, is looked at this often. */
const IDLE_LOOK_MS = 10_000

export interface Supervisor extends Supervision {
  /** The deployment: signals of our own carry it. */
  environment: string
  /** Sends what was written during a run, which is longer than anything may wait. */
  flush: Flush
  /** Whose orders it looks after, where that is not everybody's but what the gateway container holds. */
  serves?(plan: Pick<BrokerPlan, 'broker_id' | 'adapter'>): boolean
}

const leftToGateway = async ({ store }: Supervisor, { broker_id }: StoredOrder): Promise<boolean> =>
  isHeldByGateway(await brokerPlan(store, broker_id))

const outboxOf = (ordering_key: string): Waiting => ({ holder: tradingOrders, ordering_key })

/** An attempt ended without an answer, or an order began to work: the first is asked for, the second watched. */
export const superviseOne =
  (supervisor: Supervisor) =>
  async ({ order_id, signal_id }: ExecutionConfirmation, { log }: StepContext): Promise<Outcome> => {
    const order = await orderById(supervisor.store, order_id)
    const fields = { order_id, signal_id, status: order?.status ?? null }
    if (order && (await leftToGateway(supervisor, order))) return { message: 'order left to the gateway', fields }
    if (order?.status === 'UNKNOWN') {
      const resolved = await resolveOrder(supervisor, order)
      return { message: 'order resolved', fields: { ...fields, status: resolved.status }, flush: [outboxOf(keyOf(resolved))] }
    }
    const lease = await takeIfFree(supervisor.store)
    if (!lease) return { message: 'orders are watched', fields }
    return { message: 'orders watched', fields: { ...fields, cycles: await watch(supervisor, { lease, log }) } }
  }

/** The regular run: takes the lease from the run before it, and watches until the next one takes it. */
export const superviseAll =
  (supervisor: Supervisor) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const { store } = supervisor
    const [freed, resent] = await Promise.all([freeOrphanReservations(store), resendLostExits(store)])
    for (const ordering_key of resent) await supervisor.flush({ holder: cerebroDecisions, ordering_key })
    const lease = await takeOver(store)
    const cycles = lease ? await watch(supervisor, { lease, log }) : 0
    return { message: 'orders supervised', fields: { cycles, reservations_freed: freed, exits_resent: resent.length } }
  }

/** Looks every two seconds for as long as the lease is ours and nobody waits for it; how often it did. */
async function watch(supervisor: Supervisor, { lease, log }: { lease: Lease; log: Log }): Promise<number> {
  const allowed = { ...supervisor, brokers: whileHeld(supervisor.brokers, lease) }
  const ends = performance.now() + LONGEST_RUN_MS
  const cycle: Cycle = { log, looked: new Map(), memory: openMemory() }
  let cycles = 0
  try {
    if (lease.interrupted) await shutEntries(supervisor)
    while (performance.now() < ends && lease.isHeld() && !lease.isAsked()) {
      const began = performance.now()
      lease.looks()
      await superviseOnce(allowed, cycle)
      cycles += 1
      while (performance.now() - began < EVERY_MS && lease.isHeld() && !lease.isAsked()) await delay(LET_GO_WITHIN_MS)
    }
    return cycles
  } finally {
    await lease.end()
  }
}

/** After a start, or the death of who looked before, entries wait until everything at the brokers was read again (rule 7). */
async function shutEntries({ store }: Supervisor): Promise<void> {
  const fund = await readHierarchy(store)
  const placed = fund ? accountsOf(fund).filter(({ broker }) => !isHeldByGateway(broker)) : []
  await shutUntilReconciled(
    store,
    placed.map(({ account }) => account.account_id),
    now(),
  )
}

export interface Cycle {
  log: Log
  /** When each account without open orders was last looked at. */
  looked: Map<string, number>
  memory: Memory
}

/** Every account once, side by side: one that fails holds up no other. */
export async function superviseOnce(supervisor: Supervisor, { log, looked, memory }: Cycle): Promise<void> {
  const { store } = supervisor
  const [fund, working, exits, unprotected, standings] = await Promise.all([
    readHierarchy(store),
    ordersInStatus(store, ['NEW', 'SUBMITTING', 'UNKNOWN', 'SUBMITTED', 'PARTIALLY_FILLED', 'CANCEL_PENDING'], MOST_ORDERS),
    unfinishedExits(store, MOST_ORDERS),
    unprotectedOrders(store),
    readAll(store, brokerStatusQuery()),
  ])
  const open = [...working, ...unprotected.filter(({ status }) => isTerminal(status))]
  if (!fund) return
  const { serves } = supervisor
  if (!serves)
    await deleverageAccounts(supervisor, fund).catch((error: unknown) => log.error('account not deleveraged', { error: errorText(error) }))
  const told = new Set<string>()
  const placed = accountsOf(fund).filter(
    ({ account, broker }) => account.status !== 'CLOSED' && (serves?.(broker) ?? !isHeldByGateway(broker)),
  )
  await Promise.all(
    placed.map(async each => {
      const shown = standings.find(({ broker_id }) => broker_id === each.broker.broker_id)?.status
      const look: Look = { ...supervisor, ...each, log, memory, told, ...(shown && { shown }) }
      await lookIfDue(look, { open: open.filter(of(each)), looked })
      for (const exit of exits.filter(of(each))) await guarded(look, exit, () => climb(look, exit))
    }),
  )
  const waiting: Waiting[] = [...told].map(key => (key === '' ? { holder: frozenInstruments, ordering_key: '' } : outboxOf(key)))
  for (const each of waiting) await supervisor.flush(each)
}

const of =
  ({ account }: PlacedAccount) =>
  ({ account_id }: StoredOrder): boolean =>
    account_id === account.account_id

async function lookIfDue(look: Look, { open, looked }: { open: StoredOrder[]; looked: Map<string, number> }): Promise<void> {
  const { account_id } = look.account
  const idle = performance.now() - (looked.get(account_id) ?? Number.NEGATIVE_INFINITY)
  const isCalm = open.length === 0 && (look.shown ?? 'CONNECTED') === 'CONNECTED'
  if (isCalm && idle < IDLE_LOOK_MS) return
  if (await lookAt(look, open)) looked.set(account_id, performance.now())
  else looked.delete(account_id)
}

const guarded = (look: Look, { order_id }: StoredOrder, work: () => Promise<void>): Promise<void> =>
  work().catch((error: unknown) => look.log.warning('exit not moved on', { order_id, error: errorText(error) }))
