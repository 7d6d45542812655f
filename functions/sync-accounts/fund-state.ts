import { type AccountFigures, fundTotals } from '../../shared/domain/account/fund-totals.ts'
import { DomainError } from '../../shared/domain/errors.ts'
import { ONE } from '../../shared/domain/money/decimal.ts'
import type { BookMode } from '../../shared/messages/signal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { type AccountHierarchy, accountsOf } from '../../shared/store/account-hierarchy.ts'
import { syncsOf } from '../../shared/store/account-syncs.ts'
import { currentStates, fundStates, refuseFundState, setFundState } from '../../shared/store/accounts.ts'
import { datedRatesInto } from '../../shared/store/fx-rates.ts'
import type { Sync } from './sync.ts'

const STALE_AFTER_MS = 10 * 60_000

/** The fund's totals over its accounts of one mode (ACC-3), from their newest states; refused, and told, where a rate is missing. */
export async function updateFundState({ store, flush }: Sync, fund: AccountHierarchy, mode: BookMode): Promise<void> {
  const timestamp = now()
  const account_ids = accountsOf(fund)
    .filter(({ account }) => account.trading_mode === mode && account.status !== 'CLOSED')
    .map(({ account }) => account.account_id)
  const [states, syncs] = await Promise.all([currentStates(store, account_ids), syncsOf(store, account_ids)])
  if (states.length === 0) return
  const currencies = states.map(({ currency }) => currency)
  const rates = await datedRatesInto(store, fund.base_currency, currencies)
  const id = { fund_id: store.fund_id, trading_mode: mode, timestamp }
  const totals = totalsOrRefusal(
    states,
    new Map([...[...rates].map(([currency, { rate }]) => [currency, rate] as const), [fund.base_currency, ONE]]),
  )
  if ('refused' in totals) {
    const messages = await refuseFundState(store, id, totals.refused)
    return flush({ holder: fundStates, messages })
  }
  const old = (as_of: Date) => timestamp.getTime() - as_of.getTime() > STALE_AFTER_MS
  const stale = (account_id: string) => {
    const state = states.find(each => each.account_id === account_id)
    return !state || old(state.timestamp) || syncs.some(sync => sync.account_id === account_id && sync.stale_since !== null)
  }
  await setFundState(store, {
    ...id,
    paper: mode === 'PAPER',
    currency: fund.base_currency,
    fx_rates: [...rates].map(([currency, { rate, day }]) => ({ currency, rate, day })),
    ...totals,
    stale_accounts: account_ids.filter(stale),
    refused: null,
  })
}

function totalsOrRefusal(states: readonly AccountFigures[], rates: Parameters<typeof fundTotals>[1]) {
  try {
    return fundTotals(states, rates)
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { refused: error.message }
  }
}
