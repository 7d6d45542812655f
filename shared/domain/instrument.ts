import type { Decimal } from './money/decimal.ts'

export type AssetClass = 'EQUITY' | 'OPTION' | 'FUTURE' | 'FOREX' | 'CRYPTO' | 'INDEX'

/** What sizing, margin and booking need to know of an instrument. Prices are per unit, in `currency`. */
export interface Instrument {
  instrument_id: string
  symbol: string
  asset_class: AssetClass
  currency: string
  /** Money in `currency` that one unit of quantity moves when the price moves by 1. */
  multiplier: Decimal
  /** Smallest tradable quantity; every order is a whole number of lots. */
  lot: Decimal
  /** Margin for one lot, in `currency`; wins over `margin_pct`. */
  margin_per_lot?: Decimal | null | undefined
  /** Margin as a percentage of notional. */
  margin_pct?: Decimal | null | undefined
}

export interface Quote {
  bid: Decimal
  ask: Decimal
  last: Decimal
  as_of: Date
}

/** Value of a quantity at a price, in the instrument's currency; ≥ 0. */
export const notional = (instrument: Pick<Instrument, 'multiplier'>, quantity: Decimal, price: Decimal): Decimal =>
  quantity.abs().times(price).times(instrument.multiplier)

/** Margin that holding a quantity takes at a broker that lends, in the instrument's currency; ≥ 0. Without a margin rule it is the whole value. */
export const marginOf = (instrument: Instrument, quantity: Decimal, price: Decimal): Decimal => {
  if (instrument.margin_per_lot) return quantity.abs().div(instrument.lot).times(instrument.margin_per_lot)
  const value = notional(instrument, quantity, price)
  return instrument.margin_pct ? value.times(instrument.margin_pct).div(100) : value
}
