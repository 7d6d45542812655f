import { type Decimal, ZERO } from '../money/decimal.ts'

export interface Lot {
  execution_id: string
  /** Signed: negative for a short lot. */
  quantity: Decimal
  price: Decimal
  opened_at: Date
}

/** What booking changes. `cost` is Σ signed quantity × price × multiplier of what is open, in the instrument's currency. */
export interface Holding {
  quantity: Decimal
  cost: Decimal
  realized_pnl: Decimal
  lots: Lot[]
}

export interface BookableFill {
  execution_id: string
  action: 'BUY' | 'SELL'
  /** > 0 */
  quantity: Decimal
  price: Decimal
  time: Date
  /** Units of it that the broker kept as its fee, ≥ 0: gone from the holding at the fill's price, which is what the fee cost. */
  fee_quantity?: Decimal | undefined
}

/** A share of a cost is rounded here, once, so that all later sums stay within 34 digits and exact. */
const COST_DECIMALS = 16

export const emptyHolding: Holding = { quantity: ZERO, cost: ZERO, realized_pnl: ZERO, lots: [] }

export const signed = (action: 'BUY' | 'SELL', quantity: Decimal): Decimal => (action === 'BUY' ? quantity : quantity.neg())

/** What a fill changes a holding by, in units; signed. */
const heldBy = ({ action, quantity, fee_quantity = ZERO }: Pick<BookableFill, 'action' | 'quantity' | 'fee_quantity'>): Decimal =>
  signed(action, quantity).minus(fee_quantity)

/**
 * A holding after one fill: realized P&L by average cost, lots first in first out.
 *
 * Σ realized_pnl − cost always equals −Σ signed quantity less fees in kind × price × multiplier of all fills, to the last digit: what a reduction takes
 * out of `cost` is subtracted from it, not computed twice.
 */
export function bookFill(holding: Holding, fill: BookableFill, multiplier: Decimal): Holding {
  const change = heldBy(fill)
  const value = change.times(fill.price).times(multiplier)
  const grows = holding.quantity.isZero() || holding.quantity.isNegative() === change.isNegative()
  const lots = bookLots(holding.lots, { ...fill, quantity: change })
  if (grows) return { ...holding, quantity: holding.quantity.plus(change), cost: holding.cost.plus(value), lots }

  const closes = change.abs().lte(holding.quantity.abs())
  const closed = closes ? change : holding.quantity.neg()
  const closedValue = closed.times(fill.price).times(multiplier)
  const costOut = closed.eq(holding.quantity.neg())
    ? holding.cost
    : holding.cost.times(closed.neg()).div(holding.quantity).toDecimalPlaces(COST_DECIMALS)
  return {
    quantity: holding.quantity.plus(change),
    cost: holding.cost.minus(costOut).plus(value.minus(closedValue)),
    realized_pnl: holding.realized_pnl.minus(closedValue).minus(costOut),
    lots,
  }
}

function bookLots(lots: Lot[], { execution_id, quantity, price, time }: Omit<BookableFill, 'action'>): Lot[] {
  let rest = quantity
  const left: Lot[] = []
  for (const lot of lots) {
    const opposite = lot.quantity.isNegative() !== rest.isNegative()
    if (rest.isZero() || !opposite) {
      left.push(lot)
    } else if (rest.abs().gte(lot.quantity.abs())) {
      rest = rest.plus(lot.quantity)
    } else {
      left.push({ ...lot, quantity: lot.quantity.plus(rest) })
      rest = ZERO
    }
  }
  if (!rest.isZero()) left.push({ execution_id, quantity: rest, price, opened_at: time })
  return left
}

/** Average price of what is open; zero when flat. Rounded to 34 digits, for showing and for risk, never for booking. */
export const averagePrice = ({ quantity, cost }: Pick<Holding, 'quantity' | 'cost'>, multiplier: Decimal): Decimal =>
  quantity.isZero() ? ZERO : cost.div(quantity).div(multiplier)

/** Unrealized P&L at a price, in the instrument's currency. */
export const unrealizedPnl = ({ quantity, cost }: Pick<Holding, 'quantity' | 'cost'>, price: Decimal, multiplier: Decimal): Decimal =>
  quantity.times(price).times(multiplier).minus(cost)
