import { sentence } from '../../domain/errors.ts'
import type { Quote } from '../../domain/instrument.ts'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import { BrokerConnectionError, type DailyClose, type PlaceRequest, type WhatIf } from '../broker.ts'
import { readMargin } from './account-reads.ts'
import type { Settings } from './connection.ts'
import type { Contract, Contracts } from './contracts.ts'
import { dayOf } from './india-time.ts'
import { type Line, together } from './line.ts'
import { placeTerms } from './order-map.ts'
import { type KiteQuote, kiteCandles, kiteOrderMargins, kiteQuotes } from './wire.ts'

const DAY_MS = 86_400_000
/** A quote is asked for once a second: all that is wanted meanwhile goes into the same question. */
const MOST_AT_ONCE = 400

export type Quotes = (line: Line, contract: Contract) => Promise<KiteQuote | null>

/** Asks for the quotes of all instruments that are wanted until Kite allows the next question. */
export function quotesOf(): Quotes {
  const waiting = new Set<string>()
  let asking: Promise<Map<string, KiteQuote>> | null = null
  const ask = (line: Line) =>
    line
      .ask({
        kind: 'quote',
        what: 'quote',
        schema: kiteQuotes,
        from: client => {
          const names = [...waiting].slice(0, MOST_AT_ONCE)
          for (const name of names) waiting.delete(name)
          asking = null
          return client.getQuote(names)
        },
      })
      .then(found => new Map(Object.entries(found)))
  return async (line, { exchange, tradingsymbol }) => {
    const name = `${exchange}:${tradingsymbol}`
    waiting.add(name)
    asking ??= ask(line)
    const mine = asking
    mine.catch(() => {
      if (asking === mine) asking = null
    })
    return (await mine).get(name) ?? null
  }
}

/** Where nobody bids or asks, the last price stands for it. */
const sideOf = (side: readonly { price: Decimal }[] | undefined, last: Decimal): Decimal =>
  side?.find(({ price }) => price.gt(0))?.price ?? last

function quoteOf({ last_price, depth, timestamp }: KiteQuote, now: Date): Quote | null {
  if (!last_price.gt(0)) return null
  return { bid: sideOf(depth?.buy, last_price), ask: sideOf(depth?.sell, last_price), last: last_price, as_of: timestamp ?? now }
}

interface Market {
  line: Line
  contracts: Contracts
  quotes: Quotes
  now: () => Date
}

export async function readQuote({ line, contracts, quotes, now }: Market, instrument: InstrumentDocument): Promise<Quote | null> {
  const found = await quotes(line, await contracts.of(instrument, line))
  return found && quoteOf(found, now())
}

/** Weekends and holidays leave gaps: so many calendar days hold a number of trading days. */
const spanOf = (days: number): number => Math.ceil(days * 1.6) + 7

export async function readCloses(
  { line, contracts, quotes, now }: Market,
  instrument: InstrumentDocument,
  days: number,
): Promise<DailyClose[]> {
  const found = await quotes(line, await contracts.of(instrument, line))
  if (!found) return []
  const today = dayOf(now())
  const from = dayOf(new Date(now().getTime() - spanOf(days) * DAY_MS))
  const token = found.instrument_token
  const candles = await line.ask({
    kind: 'historical',
    what: `historical/${token} ${from}`,
    schema: kiteCandles,
    from: client => client.getHistoricalData(token, 'day', `${from} 00:00:00`, `${today} 00:00:00`),
  })
  return candles
    .map(({ date, close }) => ({ day: dayOf(new Date(date)), close }))
    .filter(({ day }) => day < today)
    .slice(-days)
}

/** Kite's calculator takes numbers, and estimates: the shortest text of a number is exact enough here. */
export async function readWhatIf({ line, contracts }: Market, request: PlaceRequest, settings: Settings): Promise<WhatIf> {
  const contract = await contracts.of(request.instrument, line)
  const {
    tag: _,
    validity: __,
    market_protection: ___,
    quantity,
    price = 0,
    trigger_price = 0,
    ...terms
  } = placeTerms(request, contract, settings)
  const order = { ...terms, variety: 'regular', quantity: Number(quantity), price: Number(price), trigger_price: Number(trigger_price) }
  const what = `margins/orders ${JSON.stringify(order)}`
  const [{ initial }, [needed]] = await together([
    readMargin(line),
    line.ask({ kind: 'other', what, schema: kiteOrderMargins, from: client => client.orderMargins([order], null) }),
  ])
  if (!needed) throw new BrokerConnectionError(sentence('UNREADABLE', { what: 'margins/orders' }))
  return { margin_before: initial, margin_after: initial.plus(needed.total ?? ZERO), commission: needed.charges?.total ?? null }
}
