import { setTimeout as wait } from 'node:timers/promises'
import { TransientError } from '../../shared/domain/errors.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import type { Background } from '../../shared/runtime/background.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText, logOf } from '../../shared/runtime/log.ts'
import { accountsOf, isHeldByGateway, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import type { Execution } from '../execute-order/execution.ts'
import { executeOrder } from '../execute-order/handler.ts'
import { type Cycle, type Supervisor, superviseOnce } from '../supervise-orders/handler.ts'
import { openMemory } from '../supervise-orders/memory.ts'
import { guardedSync } from '../sync-accounts/guarded-sync.ts'
import { syncAfter } from '../sync-accounts/handler.ts'
import { updateInstrumentReturns } from '../sync-accounts/instrument-returns.ts'
import type { Sync } from '../sync-accounts/sync.ts'
import type { Sockets } from './sockets.ts'

const EVERY_MS = 2_000
const LOOK_FOR_BROKERS_MS = 5_000
const LOOK_WHETHER_CONNECTED_MS = 500

/** Carries out what comes for a broker whose socket is held here; in a container that does not hold it, it comes again elsewhere. */
export const takeOrder = (execution: Execution, { holds }: Pick<Sockets, 'holds'>): ((command: OrderCommand) => Promise<Outcome>) => {
  const carryOut = executeOrder(execution)
  return async command => {
    const { broker_id } = command
    if (!holds(broker_id)) throw new TransientError('SOCKET_NOT_HELD', { broker_id })
    return carryOut(command)
  }
}

/** Looks after the orders of brokers that are asked here and nowhere else, as `supervise-orders` does for all others. */
export const superviseHeld =
  (supervisor: Supervisor, { holds }: Pick<Sockets, 'holds'>): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    const cycle: Cycle = { log, looked: new Map(), memory: openMemory() }
    while (!ending.aborted) {
      const fund = await readHierarchy(supervisor.store)
      const any = fund?.brokers.some(plan => isHeldByGateway(plan) && holds(plan.broker_id)) ?? false
      if (any)
        await superviseOnce({ ...supervisor, serves: plan => isHeldByGateway(plan) && holds(plan.broker_id) }, cycle).catch(
          (error: unknown) => log.warning('orders not looked after', { error: errorText(error) }),
        )
      await wait(any ? EVERY_MS : LOOK_FOR_BROKERS_MS, undefined, { signal: ending }).catch(() => undefined)
    }
  }

/** Reads the accounts of a broker as soon as it is connected: what it was before is no longer what it is. */
export const syncWhenConnected =
  (sync: Sync, { holds }: Pick<Sockets, 'holds'>): Background =>
  async ending => {
    const log = logOf('ibkr-gateway', {})
    const read = new Set<string>()
    while (!ending.aborted) {
      const fund = await readHierarchy(sync.store)
      for (const plan of fund?.brokers.filter(isHeldByGateway) ?? []) {
        const connected = holds(plan.broker_id) && (await (await sync.brokers(plan.broker_id)).status()) === 'CONNECTED'
        if (!connected) read.delete(plan.broker_id)
        if (!connected || !fund || read.has(plan.broker_id)) continue
        const placed = accountsOf({ ...fund, brokers: [plan] }).filter(({ account }) => account.status !== 'CLOSED')
        const attempts = await Promise.all(placed.map(one => guardedSync(sync, fund, one)))
        const failed = attempts.filter(({ fault }) => fault !== null)
        for (const { account_id, fault } of failed) log.warning('account not synced', { account_id, error: fault })
        if (failed.length === 0) read.add(plan.broker_id)
      }
      await wait(LOOK_WHETHER_CONNECTED_MS, undefined, { signal: ending }).catch(() => undefined)
    }
  }

/** Reads an account that is asked for, where its broker is held here. */
export const syncOneHeld = (sync: Sync): ((account_id: string, after: Date) => Promise<Outcome>) =>
  syncAfter({ ...sync, serves: isHeldByGateway })

/** The regular reading of every account whose broker is held here. What is the fund's is `sync-accounts`' business. */
export const syncAllHeld =
  (sync: Sync, { holds }: Pick<Sockets, 'holds'>) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const fund = await readHierarchy(sync.store)
    const placed = fund
      ? accountsOf(fund).filter(({ account, broker }) => account.status !== 'CLOSED' && isHeldByGateway(broker) && holds(broker.broker_id))
      : []
    const attempts = await Promise.all(placed.map(one => (fund ? guardedSync(sync, fund, one) : null)))
    const failed = attempts.flatMap(each => (each?.fault ? [each.account_id] : []))
    if (failed.length > 0) log.warning('accounts not synced', { failed })
    const brokers = fund?.brokers.filter(plan => isHeldByGateway(plan) && holds(plan.broker_id)) ?? []
    const returns_written = fund && brokers.length > 0 ? await updateInstrumentReturns(sync, { ...fund, brokers }) : 0
    return { message: 'held accounts synced', fields: { accounts: placed.length, failed, returns_written } }
  }
