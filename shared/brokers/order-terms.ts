import type { Decimal } from '../domain/money/decimal.ts'

/** Terms of an order that only some types have. */
export interface OrderTerms {
  /** LIMIT, STOP_LIMIT, LIMIT_ON_OPEN, LIMIT_ON_CLOSE; a BRACKET's entry; an OCO's better side. */
  limit_price: Decimal | null
  /** STOP, STOP_LIMIT; a BRACKET's entry; an OCO's worse side. */
  stop_price: Decimal | null
  /** Distance of a TRAILING_STOP in price, or in percent of the price: one of the two. */
  trail_amount: Decimal | null
  trail_pct: Decimal | null
  /** What closes a BRACKET's entry once it has filled; one may be null. */
  stop_loss: Decimal | null
  take_profit: Decimal | null
  /** End of a GTD order. */
  expires_at: Date | null
}

/** Those of a plain MARKET order, and what others are made from. */
export const noTerms: OrderTerms = {
  limit_price: null,
  stop_price: null,
  trail_amount: null,
  trail_pct: null,
  stop_loss: null,
  take_profit: null,
  expires_at: null,
}
