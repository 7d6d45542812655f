import { unrealizedPnl } from '../../domain/account/book-fill.ts'
import { borrowsOnly } from '../../domain/account/margin-pool.ts'
import { sentence } from '../../domain/errors.ts'
import { marginOf, notional } from '../../domain/instrument.ts'
import { Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { PaperAccount, PaperBook, PaperPosition } from '../../store/paper-book.ts'
import { BrokerError } from '../broker.ts'
import { isMargined } from './book-order.ts'

/** What a book is valued by. Whatever it does not hold is refused, never guessed. */
export interface Market {
  instruments: Map<string, InstrumentDocument>
  /** By instrument, in its currency. */
  prices: Map<string, Decimal>
  /** Units of the account's currency for one of each. */
  rates: Map<string, Decimal>
}

export interface Marked {
  position: PaperPosition
  instrument: InstrumentDocument
  price: Decimal
  /** In the instrument's currency. */
  unrealized_pnl: Decimal
}

/** In the account's currency. */
export interface Valuation {
  equity: Decimal
  /** Cash of all currencies; negative where it is borrowed. */
  cash: Decimal
  margin_used: Decimal
  unrealized_pnl: Decimal
  /** Before fees. */
  realized_pnl: Decimal
}

/** A position at its current price. Throws BrokerError where there is neither instrument nor price. */
export function markPosition(position: PaperPosition, { instruments, prices }: Pick<Market, 'instruments' | 'prices'>): Marked {
  const { instrument_id } = position
  const instrument = instruments.get(instrument_id)
  if (!instrument) throw new BrokerError(sentence('UNKNOWN_INSTRUMENT', { instrument_id }))
  const price = prices.get(instrument_id)
  if (!price) throw new BrokerError(sentence('PRICE_UNAVAILABLE', { instrument_id }))
  return { position, instrument, price, unrealized_pnl: unrealizedPnl(position, price, instrument.multiplier) }
}

/**
 * Equity and margin of a book. equity = cash + market value of what is settled in full + unrealized P&L of what is margined.
 * margin_used: in accounts that lend, the margin of every position; in CASH and CRYPTO accounts what is borrowed, which is cash below zero
 * and the value of what is sold short, and the margin of margined positions. Throws BrokerError where a price or a rate is missing.
 */
export function valueAccount({ account_type }: Pick<PaperAccount, 'account_type'>, book: PaperBook, market: Market): Valuation {
  const marked = book.positions.map(position => markPosition(position, market))
  const rate = (currency: string) => rateOf(market, currency)
  const total = (value: (each: Marked) => Decimal) => sum(marked.map(each => value(each).times(rate(each.instrument.currency))))
  const converted = (amounts: Record<string, Decimal>) =>
    sum(Object.entries(amounts).map(([currency, amount]) => (amount.isZero() ? ZERO : amount.times(rate(currency)))))

  const cash = converted(book.cash)
  const borrowed = borrowsOnly(account_type) ? Decimal.max(cash.neg(), ZERO) : ZERO
  const marginUse = borrowsOnly(account_type) ? borrowedBy : marginBy
  return {
    cash,
    equity: cash.plus(total(worth)),
    margin_used: borrowed.plus(total(marginUse)),
    unrealized_pnl: total(each => each.unrealized_pnl),
    realized_pnl: converted(book.realized_pnl),
  }
}

const rateOf = ({ rates }: Market, currency: string): Decimal => {
  const rate = rates.get(currency)
  if (!rate) throw new BrokerError(sentence('FX_UNAVAILABLE', { currency }))
  return rate
}

/** What a position adds to equity beside the cash that it moved. */
const worth = ({ position, instrument, price, unrealized_pnl }: Marked): Decimal =>
  isMargined(instrument.asset_class) ? unrealized_pnl : position.quantity.times(price).times(instrument.multiplier)

const marginBy = ({ position, instrument, price }: Marked): Decimal => marginOf(instrument, position.quantity, price)

const borrowedBy = (marked: Marked): Decimal => {
  const { position, instrument, price } = marked
  if (isMargined(instrument.asset_class)) return marginBy(marked)
  return position.quantity.isNegative() ? notional(instrument, position.quantity, price) : ZERO
}

/** Every currency whose rate valuing a book may need. */
export const currenciesOf = (book: PaperBook, instruments: Iterable<InstrumentDocument>): Set<string> =>
  new Set([...Object.keys(book.cash), ...Array.from(instruments, ({ currency }) => currency)])
