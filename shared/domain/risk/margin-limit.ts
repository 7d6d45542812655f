import { borrowsOnly, marginNeed } from '../account/margin-pool.ts'
import type { MarginPool } from '../decision/state.ts'
import { Decimal, floorToStep, ONE, ZERO } from '../money/decimal.ts'
import { type Candidate, type Check, deny, sized } from './check.ts'

export interface EntryMargin {
  /** Account currency. */
  amount: Decimal
  cash: Decimal
  /** Fund currency. */
  amount_fund: Decimal
}

interface Priced {
  account: { account_type: string; pool: MarginPool }
  fund: MarginPool
  instrument: NonNullable<Candidate['instrument']>
  price: Decimal
  action: 'BUY' | 'SELL'
  /** Account currency for one of the instrument's, and fund currency for one of the account's. */
  accountFx: Decimal
  fundFx: Decimal
}

const pricedCandidate = ({ state, instrument, price, fx, leg }: Candidate): Priced | null => {
  const { account, fund, rates } = state
  const fundFx = account && rates.get(account.currency)
  if (!account?.pool || !fund.pool || !fundFx || !instrument || !price || !fx) return null
  const { account_type, pool } = account
  return { account: { account_type, pool }, fund: fund.pool, instrument, price, action: leg.action, accountFx: fx.div(fundFx), fundFx }
}

/** What a quantity would take of the account's and the fund's margin, on the net of the signal's legs; null where it cannot be valued. */
export function entryMargin(candidate: Candidate, quantity: Decimal): EntryMargin | null {
  const known = pricedCandidate(candidate)
  return known && marginFor(known, Decimal.max(ZERO, quantity.minus(candidate.offset ?? ZERO)))
}

/** Amounts are rounded here, once, so that all later sums stay within 34 digits and exact. */
const AMOUNT_DECIMALS = 16
const rounded = (amount: Decimal): Decimal => amount.toDecimalPlaces(AMOUNT_DECIMALS)

const marginFor = ({ account, instrument, action, price, accountFx, fundFx }: Priced, quantity: Decimal): EntryMargin => {
  const question = { account_type: account.account_type, instrument, action, quantity, price, fx: accountFx, free_cash: account.pool.cash }
  const { margin, cash } = marginNeed(question)
  return { amount: rounded(margin), cash: rounded(cash), amount_fund: rounded(margin.times(fundFx)) }
}

/**
 * Cuts an entry to what fits under the margin limit of the account and of the fund, counting what others have reserved (CER-4).
 * @returns the largest quantity ≤ proposed whose margin is free in both, or a denial with the utilization it would have needed
 */
export const marginLimit: Check = (proposed, candidate) => {
  const known = pricedCandidate(candidate)
  if (!known) return deny('STALE_ACCOUNT_STATE', { account_id: candidate.state.account?.account_id ?? 'none' })
  const offset = candidate.offset ?? ZERO
  const granted = Decimal.min(proposed, largestFitting(known).plus(offset))
  const limit_pct = candidate.state.margin_limit_pct
  const needed = marginFor(known, granted.gt(0) ? Decimal.max(ZERO, granted.minus(offset)) : known.instrument.lot)
  const figures = {
    needed_pct: utilization(known.account.pool, needed.amount, limit_pct),
    needed_fund_pct: utilization(known.fund, needed.amount_fund, limit_pct),
    limit_pct: limit_pct.toString(),
    margin: needed.amount.toFixed(2),
    free: known.account.pool.free.toFixed(2),
    free_fund: known.fund.free.toFixed(2),
  }
  return granted.gt(0) ? sized(granted, figures) : deny('MARGIN_EXCEEDED', figures)
}

function largestFitting(known: Priced): Decimal {
  const { account, fund, instrument, price, action, accountFx, fundFx } = known
  const free = Decimal.min(account.pool.free, fund.free.div(fundFx))
  if (free.isNegative()) return ZERO
  const oneLot = { account_type: account.account_type, instrument, action, quantity: instrument.lot, price, fx: accountFx, free_cash: ZERO }
  const perLot = marginNeed(oneLot).margin
  if (perLot.isZero()) return new Decimal('1e30')
  const ownCash = borrowsOnly(account.account_type) && action === 'BUY' ? Decimal.max(account.pool.cash, ZERO) : ZERO
  const largest = floorToStep(free.plus(ownCash).div(perLot), ONE).times(instrument.lot)
  const needed = marginFor(known, largest)
  // Rates divide without end: what fits but for its last digit would be refused by the ledger.
  const fits = needed.amount.lte(account.pool.free) && needed.amount_fund.lte(fund.free) && needed.cash.lte(ownCash)
  return fits ? largest : largest.minus(instrument.lot)
}

/** Share of equity that would be in use, in percent: what the limit leaves free is what is not. */
const utilization = ({ equity, free }: MarginPool, amount: Decimal, limit_pct: Decimal): string =>
  equity.lte(0) ? 'no equity' : limit_pct.plus(amount.minus(free).div(equity).times(100)).toFixed(2)
