import { DomainError } from '../errors.ts'
import { Decimal, sum, ZERO } from '../money/decimal.ts'
import { borrowsOnly } from './margin-pool.ts'

interface Held {
  account_id: string
  state: 'live' | 'filled_unsynced'
  amount: Decimal
  amount_fund: Decimal
  cash: Decimal
  at: Date
}

interface Pool {
  free: Decimal
  cash: Decimal
  equity: Decimal
  margin_used: Decimal
  as_of: Date
}

interface Ledger {
  fund: { free: Decimal; equity: Decimal; margin_used: Decimal }
  accounts: Record<string, Pool>
  reservations: Held[]
}

export interface Reading {
  account: { account_id: string; account_type: string }
  /** What the broker said, in the account's currency, and when it was asked. */
  reading: { equity: Decimal; cash: Decimal; margin_used: Decimal; as_of: Date }
  /** Percent of equity that margin may use. */
  limit_pct: Decimal
  /** Fund currency for one of the account's; null without a rate. */
  rateOf(account_id: string): Decimal | null
}

/**
 * A ledger after an account was read: free = limit × equity − margin used − what is reserved and not yet in that reading, for the account
 * and for the fund. Live reservations are never touched.
 * @returns null for a reading that is not newer than the last
 * @throws DomainError FX_UNAVAILABLE where an account of the fund has no rate: a total is never guessed
 */
export function ledgerAfterReading<L extends Ledger>(
  ledger: L & Ledger,
  { account, reading, limit_pct, rateOf }: Reading,
): (L & Ledger) | null {
  const before = ledger.accounts[account.account_id]
  if (before && before.as_of >= reading.as_of) return null
  const seen = (held: Held) => held.account_id === account.account_id && held.state === 'filled_unsynced' && held.at < reading.as_of
  const reservations = ledger.reservations.filter(held => !seen(held))
  const own = reservations.filter(({ account_id }) => account_id === account.account_id)
  const limit = limit_pct.div(100)
  const pool: Pool = {
    equity: reading.equity,
    margin_used: reading.margin_used,
    as_of: reading.as_of,
    free: reading.equity
      .times(limit)
      .minus(reading.margin_used)
      .minus(sum(own.map(({ amount }) => amount))),
    cash: borrowsOnly(account.account_type) ? Decimal.max(ZERO, reading.cash).minus(sum(own.map(({ cash }) => cash))) : ZERO,
  }
  const accounts = { ...ledger.accounts, [account.account_id]: pool }
  const inFund = (figure: (pool: Pool) => Decimal) =>
    sum(
      Object.entries(accounts).map(([account_id, each]) => {
        const rate = rateOf(account_id)
        if (!rate) throw new DomainError('FX_UNAVAILABLE', { account_id })
        return figure(each).times(rate)
      }),
    )
  const equity = inFund(each => each.equity)
  const margin_used = inFund(each => each.margin_used)
  const free = equity
    .times(limit)
    .minus(margin_used)
    .minus(sum(reservations.map(({ amount_fund }) => amount_fund)))
  return { ...ledger, fund: { equity, margin_used, free }, accounts, reservations }
}
