import { bookFill, emptyHolding, signed } from '../../domain/account/book-fill.ts'
import type { AssetClass } from '../../domain/instrument.ts'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import type { PaperBook, PaperFill, PaperOrder, PaperPosition } from '../../store/paper-book.ts'

/** Whether only gains and losses pass through cash, instead of the whole value. */
export const isMargined = (asset_class: AssetClass): boolean => asset_class === 'FUTURE' || asset_class === 'FOREX'

type BookableOrder = Pick<PaperOrder, 'instrument_id' | 'symbol' | 'settlement' | 'fills' | 'booked'>

/**
 * A book after the fills of an order that it does not have yet. Settled in full: cash −= signed quantity × price × multiplier. Margined: cash += realized P&L.
 * Fees leave cash in both. All in the instrument's currency; a position that becomes flat is dropped, its
 * realized P&L stays in the account's.
 */
export const bookOrder = (book: PaperBook, order: BookableOrder): PaperBook =>
  order.fills.slice(order.booked).reduce((before, fill) => bookOne(before, fill, order), book)

function bookOne(book: PaperBook, fill: PaperFill, { instrument_id, symbol, settlement }: BookableOrder): PaperBook {
  if (!settlement) return book
  const { currency, multiplier, margined } = settlement
  const before = book.positions.find(each => each.instrument_id === instrument_id) ?? { ...emptyHolding, instrument_id, symbol }
  const after: PaperPosition = { ...bookFill(before, fill, multiplier), instrument_id, symbol }
  const realized = after.realized_pnl.minus(before.realized_pnl)
  const paid = margined ? realized.neg() : signed(fill.action, fill.quantity).times(fill.price).times(multiplier)
  return {
    cash: add(add(book.cash, currency, paid.neg()), fill.commission_currency, fill.commission.neg()),
    realized_pnl: add(book.realized_pnl, currency, realized),
    fees: add(book.fees, fill.commission_currency, fill.commission),
    positions: replaced(book.positions, after),
  }
}

const add = (amounts: Record<string, Decimal>, currency: string, amount: Decimal): Record<string, Decimal> => ({
  ...amounts,
  [currency]: (amounts[currency] ?? ZERO).plus(amount),
})

const replaced = (positions: PaperPosition[], after: PaperPosition): PaperPosition[] => {
  const others = positions.filter(each => each.instrument_id !== after.instrument_id)
  return after.quantity.isZero() ? others : [...others, after]
}
