import { setTimeout as delay } from 'node:timers/promises'
import { DomainError, TransientError } from '../../shared/domain/errors.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import {
  type AccountHierarchy,
  accountsOf,
  isHeldByGateway,
  type PlacedAccount,
  readHierarchy,
} from '../../shared/store/account-hierarchy.ts'
import { accountStates, currentState } from '../../shared/store/accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { carryOutTransfers } from './carry-out-transfers.ts'
import { updateFundState } from './fund-state.ts'
import { type Attempt, guardedSync } from './guarded-sync.ts'
import { updateInstrumentReturns } from './instrument-returns.ts'
import type { Sync } from './sync.ts'
import { updateTransfers } from './transfers.ts'

/** An account that could not be read is asked for again within its run, each time after a longer pause. */
const AGAIN_AFTER_MS = [2_000, 6_000]
/** Bookings that come faster than this are answered by one reading of the broker. */
const MIN_INTERVAL_MS = 1_000

/** Reads every account at its broker, in parallel; one that fails is marked and told, and blocks no other. */
export const syncAll =
  (sync: Sync) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const fund = await readHierarchy(sync.store)
    if (!fund) return { message: 'no account hierarchy yet' }
    await carryOutTransfers(sync)
    const placed = accountsOf(fund).filter(({ account }) => account.status !== 'CLOSED')
    const own = placed.filter(({ broker }) => isServed(sync, broker))
    const modes = new Set(placed.map(({ account }) => account.trading_mode))
    const read = async (accounts: readonly PlacedAccount[]): Promise<Attempt[]> => {
      const attempts = await Promise.all(accounts.map(one => guardedSync(sync, fund, one)))
      const failed = attempts.filter(({ fault }) => fault !== null)
      for (const { account_id, fault } of failed) log.warning('account not synced', { account_id, error: fault })
      if (failed.length < accounts.length) for (const mode of modes) await updateFundState(sync, fund, mode)
      return failed
    }
    let failures = await read(own)
    if (failures.length === own.length) for (const mode of modes) await updateFundState(sync, fund, mode)
    await updateTransfers(sync, fund)
    // One that was slow once, as a broker is that was just opened, does not wait for the next run.
    for (const pause of sync.again_after_ms ?? AGAIN_AFTER_MS) {
      if (failures.length === 0) break
      await delay(pause)
      const missing = new Set(failures.map(({ account_id }) => account_id))
      failures = await read(own.filter(({ account }) => missing.has(account.account_id)))
    }
    const returns_written = await updateInstrumentReturns(sync, fund)
    return {
      message: 'accounts synced',
      fields: { returns_written, accounts: placed.length, failed: failures.map(({ account_id }) => account_id) },
      flush: placed.map(({ account }) => ({ holder: accountStates, ordering_key: account.account_id })),
    }
  }

/** Reads one account, unless it was already read after the moment that asks for it. */
export function syncAfter(sync: Sync): (account_id: string, after: Date) => Promise<Outcome> {
  const lastRead = new Map<string, number>()
  /** When the broker was read for the newest state that this process stored. */
  const stored = new Map<string, Date>()
  return async (account_id, after) => {
    const wait = (lastRead.get(account_id) ?? 0) + MIN_INTERVAL_MS - performance.now()
    if (wait > 0) await delay(wait)
    const fields = { account_id }
    const alreadyRead = { message: 'account already read', fields }
    if ((stored.get(account_id) ?? after) > after) return alreadyRead
    const current = await currentState(sync.store, account_id)
    const flush = [{ holder: accountStates, ordering_key: account_id }]
    if (current && current.timestamp > after) return { ...alreadyRead, flush }
    lastRead.set(account_id, performance.now())
    const fund = await hierarchyOf(sync.store)
    const placed = placedAccount(fund, account_id)
    if (!isServed(sync, placed.broker)) return { message: 'account left to who holds its broker', fields }
    const { read_at, fault } = await guardedSync(sync, fund, placed)
    if (read_at === null) throw new TransientError('ACCOUNT_NOT_READ', { account_id, fault })
    stored.set(account_id, read_at)
    await updateFundState(sync, fund, placed.account.trading_mode)
    return { message: 'account synced', fields: { ...fields, asked_at: after, read_at } }
  }
}

const isServed = ({ serves }: Sync, plan: PlacedAccount['broker']): boolean => serves?.(plan) ?? !isHeldByGateway(plan)

async function hierarchyOf(store: Store): Promise<AccountHierarchy> {
  const fund = await readHierarchy(store)
  if (!fund) throw new DomainError('NO_ACCOUNT_HIERARCHY', { fund_id: store.fund_id })
  return fund
}

function placedAccount(fund: AccountHierarchy, account_id: string): PlacedAccount {
  const placed = accountsOf(fund).find(({ account }) => account.account_id === account_id)
  if (!placed) throw new DomainError('UNKNOWN_ACCOUNT', { account_id })
  return placed
}
