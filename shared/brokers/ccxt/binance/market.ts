import { z } from 'zod'
import type { Quote } from '../../../domain/instrument.ts'
import { Decimal } from '../../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../messages/instrument.ts'
import type { DailyClose } from '../../broker.ts'
import { type Account, marketOf } from '../account.ts'
import { amount, bookTicker, lastPrice } from './wire.ts'

interface Endpoints {
  book: string
  last: string
  candles: string
}

const spot: Endpoints = { book: 'publicGetTickerBookTicker', last: 'publicGetTickerPrice', candles: 'publicGetKlines' }
const usdm: Endpoints = { book: 'fapiPublicGetTickerBookTicker', last: 'fapiPublicGetTickerPrice', candles: 'fapiPublicGetKlines' }

const symbolOf = ({ session }: Account, instrument: InstrumentDocument) => marketOf(session.connection.exchange, instrument)

const quoteBy =
  ({ book, last }: Endpoints) =>
  async (account: Account, instrument: InstrumentDocument): Promise<Quote | null> => {
    const symbol = symbolOf(account, instrument)
    const [shown, traded] = await Promise.all([account.session.ask(book, { symbol }), account.session.ask(last, { symbol })])
    const { bidPrice: bid, askPrice: ask, time } = bookTicker.parse(shown)
    // An empty side is told as 0.
    if (!bid.gt(0) || !ask.gt(0)) return null
    return { bid, ask, last: lastPrice.parse(traded).price, as_of: time ?? account.now() }
  }

/** [opened at, open, high, low, close, …] */
const candle = z.tuple([z.coerce.number(), amount, amount, amount, amount]).rest(z.unknown())

/** Days end at midnight UTC; the last candle is today's. */
const closesBy =
  ({ candles }: Endpoints) =>
  async (account: Account, instrument: InstrumentDocument, days: number): Promise<DailyClose[]> => {
    const answer = await account.session.ask(candles, {
      symbol: symbolOf(account, instrument),
      interval: '1d',
      limit: Math.min(days + 1, 1000),
    })
    const today = account.now().toISOString().slice(0, 10)
    return z
      .array(candle)
      .parse(answer)
      .map(([opened, , , , close]) => ({ day: new Date(opened).toISOString().slice(0, 10), close }))
      .filter(({ day }) => day < today)
      .slice(-days)
  }

export const spotQuote = quoteBy(spot)
export const usdmQuote = quoteBy(usdm)
export const spotCloses = closesBy(spot)
export const usdmCloses = closesBy(usdm)

const pricesBy =
  ({ last }: Endpoints) =>
  /** What one coin is worth in another: its last price in their market, whichever way round that is. Null where there is none. */
  async ({ session }: Account, coin: string, into: string): Promise<Decimal | null> => {
    if (coin === into) return new Decimal(1)
    const there = await session.ask(last, { symbol: `${coin}${into}` }).catch(noMarket)
    if (there !== null) return lastPrice.parse(there).price
    const back = await session.ask(last, { symbol: `${into}${coin}` }).catch(noMarket)
    return back === null ? null : new Decimal(1).div(lastPrice.parse(back).price)
  }

/** -1121: there is no such market. */
export const noMarket = (error: unknown): null => {
  if (error instanceof Error && /-1121|invalid symbol/i.test(error.message)) return null
  throw error
}

export const spotPrice = pricesBy(spot)
export const usdmPrice = pricesBy(usdm)
