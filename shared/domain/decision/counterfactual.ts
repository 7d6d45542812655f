import type { Decimal } from '../money/decimal.ts'
import { HUNDRED, sum, ZERO } from '../money/decimal.ts'

/** An entry that was denied, as it would have been made when it was decided. */
export interface DroppedEntry {
  action: 'BUY' | 'SELL'
  /** What it was sized at before the checks, in units. */
  quantity: Decimal
  /** The quote that it would have traded at. */
  price: Decimal
  multiplier: Decimal
}

interface Way {
  exit: Decimal
  /** What fees took of the value traded, as a fraction, each way. */
  fee_rate: Decimal
}

interface Hypothetical {
  /** After fees, in the instrument's currency. */
  pnl: Decimal
  fees: Decimal
  /** Of the entry's price, so that one sized at nothing tells something too. */
  pnl_pct: number
}

/** Fees have no end where a rate is divided: kept to places that the database keeps, too. */
const FEE_DECIMALS = 8

/**
 * What a dropped entry would have made, had it been closed at a price: side × (exit − entry) × quantity × multiplier, less the fees of both.
 */
export function counterfactualPnl({ action, quantity, price, multiplier }: DroppedEntry, { exit, fee_rate }: Way): Hypothetical {
  const gain = action === 'BUY' ? exit.minus(price) : price.minus(exit)
  const costs = price.plus(exit).times(fee_rate)
  const units = quantity.times(multiplier)
  const fees = costs.times(units).toDecimalPlaces(FEE_DECIMALS)
  return { pnl: gain.times(units).minus(fees), fees, pnl_pct: gain.minus(costs).div(price).times(HUNDRED).toNumber() }
}

interface Traded {
  instrument_id: string
  quantity: Decimal
  price: Decimal
  multiplier: Decimal
  commission: Decimal
}

/**
 * What fees take of the value traded, as a fraction: of a strategy's own fills in an instrument, else of all of its fills.
 * @returns zero where it has none, since nothing tells
 */
export function feeRate(fills: readonly Traded[], instrument_id: string): Decimal {
  const same = fills.filter(fill => fill.instrument_id === instrument_id)
  const counted = same.length > 0 ? same : fills
  const value = sum(counted.map(({ quantity, price, multiplier }) => quantity.times(price).times(multiplier)))
  return value.gt(0) ? sum(counted.map(({ commission }) => commission)).div(value) : ZERO
}
