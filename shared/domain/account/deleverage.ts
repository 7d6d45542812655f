import { Decimal, HUNDRED, ONE, ZERO } from '../money/decimal.ts'

interface Use {
  /** In one currency. */
  equity: Decimal
  margin_used: Decimal
}

/** Margin in use, in percent of equity; without equity it is beyond every limit as soon as there is any. */
export function marginUse({ equity, margin_used }: Use): Decimal {
  if (margin_used.lte(0)) return ZERO
  return equity.gt(0) ? margin_used.div(equity).times(HUNDRED) : new Decimal(Number.POSITIVE_INFINITY)
}

interface Held {
  instrument_id: string
  /** Signed. */
  quantity: Decimal
  closing: readonly { quantity: Decimal }[]
}

interface Question<H extends Held> extends Use {
  /** Percent of equity that margin may use, and from which on positions are closed. */
  limit_pct: Decimal
  deleverage_pct: Decimal
  held: readonly H[]
  lotOf(instrument_id: string): Decimal
}

export interface Close<H extends Held> {
  held: H
  action: 'BUY' | 'SELL'
  /** Units, > 0. */
  quantity: Decimal
}

/**
 * What to close so that margin is back at its limit (CER-4a): the same part of every position's margin, in whole lots rounded up, less what
 * exits are closing already.
 * @returns nothing below the level at which positions are closed
 */
export function deleverage<H extends Held>({ equity, margin_used, limit_pct, deleverage_pct, held, lotOf }: Question<H>): Close<H>[] {
  const used_pct = marginUse({ equity, margin_used })
  if (used_pct.lt(deleverage_pct)) return []
  const part = used_pct.isFinite() ? ONE.minus(limit_pct.div(used_pct)) : ONE
  return held.flatMap(each => {
    const lot = lotOf(each.instrument_id)
    const claimed = each.closing.reduce((total, { quantity }) => total.plus(quantity), ZERO)
    const position = each.quantity.abs()
    const wanted = Decimal.min(position, position.times(part).div(lot).ceil().times(lot))
    const quantity = Decimal.min(wanted, position).minus(claimed)
    return quantity.gt(0) ? [{ held: each, action: each.quantity.isPositive() ? 'SELL' : 'BUY', quantity } as const] : []
  })
}
