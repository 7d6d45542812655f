import { type Instrument, marginOf, notional } from '../instrument.ts'
import { Decimal, ZERO } from '../money/decimal.ts'

/** Accounts whose margin is what they borrow: everything is paid in full, first from cash. */
const paysInFull = new Set(['CASH', 'CRYPTO'])

export const borrowsOnly = (account_type: string): boolean => paysInFull.has(account_type)

export interface MarginNeed {
  /** What counts against the margin limit, in the account's currency. */
  margin: Decimal
  /** Cash that is promised to the order, in the account's currency. */
  cash: Decimal
}

export interface MarginQuestion {
  account_type: string
  instrument: Instrument
  action: 'BUY' | 'SELL'
  quantity: Decimal
  price: Decimal
  /** Account currency for one of the instrument's. */
  fx: Decimal
  /** Cash not promised to anything yet. */
  free_cash: Decimal
}

/** What an entry takes of an account: margin where the broker lends against it, else cash first and then borrowed value. */
export function marginNeed({ account_type, instrument, action, quantity, price, fx, free_cash }: MarginQuestion): MarginNeed {
  if (!borrowsOnly(account_type)) return { margin: marginOf(instrument, quantity, price).times(fx), cash: ZERO }
  const value = notional(instrument, quantity, price).times(fx)
  const cash = action === 'BUY' ? Decimal.min(value, Decimal.max(free_cash, ZERO)) : ZERO
  return { margin: value.minus(cash), cash }
}
