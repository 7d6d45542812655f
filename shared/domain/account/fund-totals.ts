import { DomainError } from '../errors.ts'
import { type Decimal, sum, ZERO } from '../money/decimal.ts'

export interface AccountFigures {
  account_id: string
  broker_id: string
  currency: string
  equity: Decimal
  cash_balance: Decimal
  margin_used: Decimal
  margin_available: Decimal
  unrealized_pnl: Decimal
  realized_pnl: Decimal
}

/**
 * Totals over accounts in the fund's currency (ACC-3).
 * @param rates fund currency for one unit of each currency
 * @throws DomainError FX_UNAVAILABLE where one is missing: a total is refused, not guessed
 */
export function fundTotals(accounts: readonly AccountFigures[], rates: ReadonlyMap<string, Decimal>) {
  const rateOf = ({ currency, account_id }: AccountFigures): Decimal => {
    const rate = rates.get(currency)
    if (!rate) throw new DomainError('FX_UNAVAILABLE', { currency, account_id })
    return rate
  }
  const total = (of: readonly AccountFigures[], figure: (account: AccountFigures) => Decimal) =>
    sum(of.map(account => figure(account).times(rateOf(account))))
  const brokers = [...new Set(accounts.map(({ broker_id }) => broker_id))]
  const total_equity = total(accounts, ({ equity }) => equity)
  const total_margin_used = total(accounts, ({ margin_used }) => margin_used)
  return {
    total_equity,
    total_cash: total(accounts, ({ cash_balance }) => cash_balance),
    total_margin_used,
    total_margin_available: total(accounts, ({ margin_available }) => margin_available),
    total_unrealized_pnl: total(accounts, ({ unrealized_pnl }) => unrealized_pnl),
    total_realized_pnl: total(accounts, ({ realized_pnl }) => realized_pnl),
    margin_utilization_pct: total_equity.isZero() ? ZERO : total_margin_used.div(total_equity).times(100),
    broker_breakdown: brokers.map(broker_id => {
      const own = accounts.filter(account => account.broker_id === broker_id)
      return {
        broker_id,
        equity: total(own, ({ equity }) => equity),
        cash: total(own, ({ cash_balance }) => cash_balance),
        num_accounts: own.length,
        accounts: own.map(({ account_id }) => account_id),
      }
    }),
    num_brokers: brokers.length,
    num_accounts: accounts.length,
  }
}
