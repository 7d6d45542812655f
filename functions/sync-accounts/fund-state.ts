import { fundTotals } from '../../shared/domain/account/fund-totals.ts'
import { now } from '../../shared/runtime/clock.ts'
import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'
import { currentStates, setFundState } from '../../shared/store/accounts.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ratesInto } from '../../shared/store/fx-rates.ts'

const STALE_AFTER_MS = 10 * 60_000

interface Scope {
  mode: 'LIVE' | 'PAPER'
  /** Accounts whose broker did not answer just now. */
  failed: string[]
}

/** The fund's totals over its accounts of one mode (ACC-3), from their newest states; refused where a rate is missing. */
export async function updateFundState(store: Store, fund: AccountHierarchy, { mode, failed }: Scope): Promise<void> {
  const timestamp = now()
  const placed = accountsOf(fund).filter(({ account }) => account.trading_mode === mode && account.status !== 'CLOSED')
  const states = await currentStates(
    store,
    placed.map(({ account }) => account.account_id),
  )
  if (states.length === 0) return
  const rates = await ratesInto(
    store,
    fund.base_currency,
    states.map(({ currency }) => currency),
  )
  const old = (as_of: Date) => timestamp.getTime() - as_of.getTime() > STALE_AFTER_MS
  const unread = placed.filter(({ account }) => !states.some(({ account_id }) => account_id === account.account_id))
  await setFundState(store, {
    fund_id: store.fund_id,
    trading_mode: mode,
    paper: mode === 'PAPER',
    timestamp,
    currency: fund.base_currency,
    ...fundTotals(states, rates),
    stale_accounts: [
      ...new Set([
        ...failed.filter(account_id => placed.some(({ account }) => account.account_id === account_id)),
        ...states.filter(state => old(state.timestamp)).map(({ account_id }) => account_id),
        ...unread.map(({ account }) => account.account_id),
      ]),
    ],
  })
}
