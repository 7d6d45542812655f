import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { PaperBook } from '../../store/paper-book.ts'
import type { PaperEvent } from '../../store/paper-events.ts'
import { bookOrder, isMargined } from './book-order.ts'

/** A book after what happened beside orders: cash comes or goes, units are split, positions end or become others. */
export function bookEvent(book: PaperBook, event: PaperEvent, instruments: ReadonlyMap<string, InstrumentDocument>): PaperBook {
  const { type, currency, amount, instrument_id, ratio, quantity_change, price, into } = event
  if (type === 'SPLIT') return ratio && instrument_id !== null ? split(book, instrument_id, ratio) : book
  if (type !== 'EXPIRY' && type !== 'ASSIGNMENT' && type !== 'DELIVERY' && type !== 'ROLL') {
    return { ...book, cash: { ...book.cash, [currency]: (book.cash[currency] ?? ZERO).plus(amount) } }
  }
  const closed = moved(book, event, { instrument: instruments.get(instrument_id ?? ''), change: quantity_change, price: price ?? ZERO })
  return into
    ? moved(closed, event, { instrument: instruments.get(into.instrument_id), change: into.quantity_change, price: into.price })
    : closed
}

const split = (book: PaperBook, instrument_id: string, ratio: Decimal): PaperBook => ({
  ...book,
  positions: book.positions.map(position =>
    position.instrument_id === instrument_id
      ? {
          ...position,
          quantity: position.quantity.times(ratio),
          lots: position.lots.map(lot => ({ ...lot, quantity: lot.quantity.times(ratio), price: lot.price.div(ratio) })),
        }
      : position,
  ),
})

interface Move {
  instrument: InstrumentDocument | undefined
  /** Signed. */
  change: Decimal
  price: Decimal
}

/** Booked as a fill without a fee. */
function moved(book: PaperBook, { account_id, event_id, time }: PaperEvent, { instrument, change, price }: Move): PaperBook {
  if (!instrument || change.isZero()) return book
  const { instrument_id, symbol, currency, multiplier, asset_class } = instrument
  const fill = {
    execution_id: `${event_id}:${instrument_id}`,
    account_id,
    broker_order_id: event_id,
    client_order_id: event_id,
    instrument_id,
    symbol,
    action: change.isNegative() ? ('SELL' as const) : ('BUY' as const),
    quantity: change.abs(),
    price,
    commission: ZERO,
    commission_currency: currency,
    time,
  }
  const settlement = { currency, multiplier, margined: isMargined(asset_class) }
  return bookOrder(book, { instrument_id, symbol, settlement, fills: [fill], booked: 0 })
}
