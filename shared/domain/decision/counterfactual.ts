import type { Decimal } from '../money/decimal.ts'
import { HUNDRED } from '../money/decimal.ts'

/** An entry that was denied, as it would have been made when it was decided. */
export interface DroppedEntry {
  action: 'BUY' | 'SELL'
  /** What it was sized at before the checks, in units. */
  quantity: Decimal
  /** The quote that it would have traded at. */
  price: Decimal
  multiplier: Decimal
}

/**
 * What a dropped entry would have made, had it been closed at a price: side × (exit − entry) × quantity × multiplier, without fees.
 * @returns in the instrument's currency, and as percent of the entry's price, so that one sized at nothing tells something too
 */
export function counterfactualPnl({ action, quantity, price, multiplier }: DroppedEntry, exit: Decimal): { pnl: Decimal; pnl_pct: number } {
  const gain = action === 'BUY' ? exit.minus(price) : price.minus(exit)
  return { pnl: gain.times(quantity).times(multiplier), pnl_pct: gain.div(price).times(HUNDRED).toNumber() }
}
