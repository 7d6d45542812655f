import { setTimeout as delay } from 'node:timers/promises'
import { DomainError } from '../../shared/domain/errors.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText } from '../../shared/runtime/log.ts'
import { type AccountHierarchy, accountsOf, type PlacedAccount, readHierarchy } from '../../shared/store/account-hierarchy.ts'
import { accountStates, currentState } from '../../shared/store/accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { updateFundState } from './fund-state.ts'
import type { Sync } from './sync.ts'
import { syncAccount } from './sync-account.ts'

/** One account's broker may take this long; then the others go on without it. */
const DEADLINE_MS = 20_000

/** Bookings that come faster than this are answered by one reading of the broker. */
const MIN_INTERVAL_MS = 500

/** Reads every account at its broker, in parallel; one that fails is told and blocks no other. */
export const syncAll =
  (sync: Sync) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const fund = await readHierarchy(sync.store)
    if (!fund) return { message: 'no account hierarchy yet' }
    const placed = accountsOf(fund).filter(({ account }) => account.status !== 'CLOSED')
    const results = await Promise.allSettled(placed.map(one => withDeadline(syncAccount(sync, fund, one))))
    const failed = placed.filter((_, index) => results[index]?.status === 'rejected').map(({ account }) => account.account_id)
    for (const result of results) if (result.status === 'rejected') log.warning('account not synced', { error: errorText(result.reason) })
    const modes = new Set(placed.map(({ account }) => account.trading_mode))
    for (const mode of modes) await updateFundState(sync.store, fund, { mode, failed })
    return {
      message: 'accounts synced',
      fields: { accounts: placed.length, failed },
      flush: placed.map(({ account }) => ({ holder: accountStates, ordering_key: account.account_id })),
    }
  }

const withDeadline = <T>(work: Promise<T>): Promise<T> =>
  Promise.race([
    work,
    delay(DEADLINE_MS, undefined, { ref: false }).then((): never => {
      throw new Error(`no answer from the broker in ${DEADLINE_MS} ms`)
    }),
  ])

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
    const messages = await syncAccount(sync, fund, placed)
    await updateFundState(sync.store, fund, { mode: placed.account.trading_mode, failed: [] })
    for (const { at } of messages) stored.set(account_id, at)
    return {
      message: 'account synced',
      fields: { ...fields, asked_at: after, read_at: now() },
      flush: [{ holder: accountStates, messages }],
    }
  }
}

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
