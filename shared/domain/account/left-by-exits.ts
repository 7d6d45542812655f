import { Decimal, sum, ZERO } from '../money/decimal.ts'

interface Held {
  /** Signed. */
  quantity: Decimal
  /** What working exits have claimed. */
  closing: readonly { order_id: string; quantity: Decimal }[]
}

interface Exit {
  order_id: string
  quantity: Decimal
}

/**
 * What working exits leave of a position for what closes its brackets; ≥ 0.
 * @param exit one that may not have claimed its quantity
 */
export function leftByExits({ quantity, closing }: Held, exit?: Exit): Decimal {
  const unclaimed = exit && !closing.some(({ order_id }) => order_id === exit.order_id) ? exit.quantity : ZERO
  const claimed = sum(closing.map(claim => claim.quantity))
  return Decimal.max(ZERO, quantity.abs().minus(claimed).minus(unclaimed))
}
