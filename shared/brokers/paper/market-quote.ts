import { z } from 'zod'
import type { Decimal } from '../../domain/money/decimal.ts'
import { type MarketSession, openingOf, sessionsBetween } from '../../domain/time/market-hours.ts'
import { decimal } from '../../messages/codecs.ts'
import { type InstrumentDocument, quote } from '../../messages/instrument.ts'
import type { Store } from '../../store/collection.ts'
import { quotesQuery } from '../../store/instruments.ts'
import { readTogether } from '../../store/query.ts'

/** A quote with what a venue knows besides: how much it shows, and whether it is open. Without `open` it is. */
const venueQuote = quote.omit({ source: true, instrument_id: true }).extend({
  bid_size: decimal.nullish(),
  ask_size: decimal.nullish(),
  open: z.boolean().nullish(),
})
export type VenueQuote = z.output<typeof venueQuote>

/** Older than this, a stored quote is not traded on. */
const FRESH_MS = 2000
const ANSWER_WITHIN_MS = 1000
const HISTORY_WITHIN_MS = 5000

export interface QuoteSource {
  store: Store
  /** Base address of the market's HTTP port, where there is one. */
  marketUrl?: string | undefined
  now: () => Date
}

/** The quote to trade on: the stored one if it is at most 2 s old, else the market's own answer, else null. */
export async function currentQuote(source: QuoteSource, instrument_id: string): Promise<VenueQuote | null> {
  return (await viewMarket(source, [], instrument_id)).quote
}

/** The market's answer to a question asked now, or null where it gives none. */
async function askMarket({ marketUrl }: QuoteSource, instrument_id: string): Promise<VenueQuote | null> {
  if (!marketUrl) return null
  try {
    const answer = await fetch(`${marketUrl}/quotes/${encodeURIComponent(instrument_id)}`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    })
    return answer.ok ? (venueQuote.safeParse(await answer.json()).data ?? null) : null
  } catch {
    return null // no answer is no quote: the order is rejected with that reason
  }
}

const isFresh = ({ as_of }: VenueQuote, now: Date): boolean => now.getTime() - as_of.getTime() <= FRESH_MS

const storedQuote = venueQuote.extend({ instrument_id: z.string() })
const storedQuotes = (instrument_ids: string[]) => ({
  ...quotesQuery(instrument_ids),
  fields: Object.keys(storedQuote.shape),
  part: storedQuote,
})

export interface MarketView {
  /** The latest stored price of each instrument asked for that has one, in its currency. */
  prices: Map<string, Decimal>
  /** The quote to trade on, null where there is none. */
  quote: VenueQuote | null
}

/** Prices of what is held and the quote of what is traded, in one read of the database. */
export async function viewMarket(source: QuoteSource, held: string[], traded: string): Promise<MarketView> {
  const { found } = await readTogether(source.store, { found: storedQuotes([...new Set([...held, traded])]) })
  const prices = new Map<string, Decimal>()
  let current: VenueQuote | null = null
  for (const { instrument_id, ...stored } of found) {
    prices.set(instrument_id, stored.last)
    if (instrument_id === traded && isFresh(stored, source.now())) current = stored
  }
  current ??= await askMarket(source, traded)
  if (current) prices.set(traded, current.last)
  return { prices, quote: current }
}

/** Sessions that overlap [from, to). A market that trades although its calendar says that it is closed keeps no hours. */
export async function sessionsHere(
  source: QuoteSource,
  { instrument_id, calendar }: Pick<InstrumentDocument, 'instrument_id' | 'calendar'>,
  { from, to }: { from: Date; to: Date },
): Promise<MarketSession[]> {
  const isClosed = !openingOf(calendar, source.now()).open
  const trades = isClosed && (await askMarket(source, instrument_id))?.open === true
  return trades ? [{ opens_at: from, closes_at: to }] : sessionsBetween(calendar, from, to)
}

const history = z.array(z.object({ day: z.string(), close: decimal }))

/** What the market knows of an instrument's days; none where there is no market or it does not say. */
export async function closesOf({ marketUrl }: Pick<QuoteSource, 'marketUrl'>, instrument_id: string, days: number) {
  if (!marketUrl) return []
  const answer = await fetch(`${marketUrl}/history/${encodeURIComponent(instrument_id)}?days=${days}`, {
    signal: AbortSignal.timeout(HISTORY_WITHIN_MS),
  }).catch(() => null)
  return answer?.ok ? (history.safeParse(await answer.json()).data ?? []) : []
}
