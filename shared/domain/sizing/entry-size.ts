import type { Instrument } from '../instrument.ts'
import { Decimal, floorToStep, ZERO } from '../money/decimal.ts'

export interface SizeQuestion {
  /** Fund currency. */
  capital: Decimal
  notional_per_capital: Decimal
  instrument: Instrument
  price: Decimal
  /** Fund currency for one of the instrument's. */
  fx: Decimal
  /** Upper bound, where the strategy's requested quantity is one. */
  cap: Decimal | null
}

/** CER-3: capital × notional_per_capital ÷ (price × multiplier × fx), rounded toward zero to whole lots; in units, ≥ 0. */
export function entrySize({ capital, notional_per_capital, instrument, price, fx, cap }: SizeQuestion): Decimal {
  if (capital.lte(0)) return ZERO
  const affordable = capital.times(notional_per_capital).div(price.times(instrument.multiplier).times(fx))
  return floorToStep(cap === null ? affordable : Decimal.min(affordable, cap), instrument.lot)
}
