import type { Alpaca } from '@alpacahq/alpaca-trade-api/rest'
import type { z } from 'zod'
import type { Quote } from '../../domain/instrument.ts'
import { zonedMoment } from '../../domain/time/market-hours.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { DailyClose, Session } from '../broker.ts'
import type { Settings } from './connection.ts'
import { symbolOf } from './contract.ts'
import type { Line } from './line.ts'
import { bars, quotes, sessions, trades } from './wire.ts'

const ZONE = 'America/New_York'
const DAY_MS = 86_400_000

interface Sources {
  quotes(api: Alpaca): Promise<{ raw: Response }>
  trades(api: Alpaca): Promise<{ raw: Response }>
}

function sourcesOf({ asset_class }: InstrumentDocument, symbols: string, feed: Settings['feed']): Sources | null {
  switch (asset_class) {
    case 'EQUITY':
      return {
        quotes: api => api.marketData.stocks.stockLatestQuotesRaw({ symbols, feed }),
        trades: api => api.marketData.stocks.stockLatestTradesRaw({ symbols, feed }),
      }
    case 'CRYPTO':
      return {
        quotes: api => api.marketData.crypto.cryptoLatestQuotesRaw({ loc: 'us', symbols }),
        trades: api => api.marketData.crypto.cryptoLatestTradesRaw({ loc: 'us', symbols }),
      }
    case 'OPTION':
      return {
        quotes: api => api.marketData.options.optionLatestQuotesRaw({ symbols }),
        trades: api => api.marketData.options.optionLatestTradesRaw({ symbols }),
      }
    default:
      return null
  }
}

/** Null where Alpaca has no quote with two sides. Without a last trade the bid stands for it. */
export async function quote(line: Line, instrument: InstrumentDocument, { feed }: Settings): Promise<Quote | null> {
  const symbol = symbolOf(instrument)
  const sources = sourcesOf(instrument, symbol, feed)
  if (!sources) return null
  const [found, traded] = await Promise.all([
    line.find('quote', quotes, sources.quotes),
    line.find('last trade', trades, sources.trades).catch(() => null),
  ])
  const told = found?.quotes[symbol]
  if (!told?.bp.gt(0) || !told.ap.gt(0)) return null
  return { bid: told.bp, ask: told.ap, last: traded?.trades[symbol]?.p ?? told.bp, as_of: told.t }
}

/** What it closed at on its last days, splits undone; today's is not among them. */
export async function dailyCloses(
  line: Line,
  instrument: InstrumentDocument,
  { days, now, feed }: Pick<Settings, 'feed'> & { days: number; now: Date },
): Promise<DailyClose[]> {
  const symbols = symbolOf(instrument)
  const coin = instrument.asset_class === 'CRYPTO'
  const today = new Intl.DateTimeFormat('en-CA', { timeZone: coin ? 'UTC' : ZONE }).format(now)
  const span = { symbols, timeframe: '1Day', start: new Date(now.getTime() - (days * 1.6 + 7) * DAY_MS), limit: 10_000 }
  const found: DailyClose[] = []
  let page: string | null = null
  do {
    const asked: BarsQuestion = { ...span, ...(page !== null && { pageToken: page }) }
    const told: z.output<typeof bars> = await line.read('bars', bars, api => askBars(api, asked, { instrument, feed }))
    for (const { t, c } of told.bars[symbols] ?? []) found.push({ day: t.slice(0, 10), close: c })
    page = told.next_page_token
  } while (page !== null)
  return found.filter(({ day }) => day < today).slice(-days)
}

interface BarsQuestion {
  symbols: string
  timeframe: string
  start: Date
  limit: number
  pageToken?: string
}

function askBars(api: Alpaca, asked: BarsQuestion, { instrument, feed }: Pick<Settings, 'feed'> & { instrument: InstrumentDocument }) {
  if (instrument.asset_class === 'CRYPTO') return api.marketData.crypto.cryptoBarsRaw({ loc: 'us', ...asked })
  if (instrument.asset_class === 'OPTION') return api.marketData.options.optionBarsRaw(asked)
  const historical = feed === 'iex' || feed === 'otc' || feed === 'boats' ? feed : 'sip'
  return api.marketData.stocks.stockBarsRaw({ ...asked, adjustment: 'split', feed: historical })
}

/** Alpaca's calendar has days and New York's wall clock; coins trade always. */
export async function calendar(
  line: Line,
  { asset_class }: InstrumentDocument,
  { from, to }: { from: Date; to: Date },
): Promise<Session[]> {
  if (asset_class === 'CRYPTO') return [{ opens_at: from, closes_at: to }]
  const [start, end] = [new Date(from.getTime() - DAY_MS), new Date(to.getTime() + DAY_MS)]
  const days = await line.read('calendar', sessions, api => api.trading.calendar.legacyCalendarRaw({ start, end }))
  return days
    .map(({ date, open, close }) => ({ opens_at: clockOn(date, open), closes_at: clockOn(date, close) }))
    .filter(({ opens_at, closes_at }) => closes_at > from && opens_at < to)
}

/** `09:30` or `0930` of a day. */
function clockOn(day: string, clock: string): Date {
  const [hour, minute] = [clock.slice(0, 2), clock.slice(-2)]
  return zonedMoment(ZONE, Date.parse(`${day.slice(0, 10)}T${hour}:${minute}:00Z`))
}
