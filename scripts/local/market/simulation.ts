import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { openingOf } from '../../../shared/domain/time/market-hours.ts'
import { chance, pathPrice, seedOf, type Walk } from './path.ts'

export interface MarketInstrument {
  instrument_id: string
  tick: string
  lot: string
  calendar: string
}

export interface MarketQuote {
  instrument_id: string
  bid: Decimal
  ask: Decimal
  last: Decimal
  as_of: Date
  bid_size: Decimal
  ask_size: Decimal
  open: boolean
}

export interface Shock {
  instrument_id: string
  /** Percent; negative down. */
  pct: number
}

interface Plan {
  seed: string
  instruments: readonly MarketInstrument[]
  walks: Readonly<Record<string, Walk>>
  /** Whether instruments close when their calendars do. */
  hours: boolean
  shocks?: readonly Shock[]
}

export interface DailyClose {
  day: string
  close: Decimal
}

export interface Market {
  ids: readonly string[]
  /** Null for an instrument that is not traded here. */
  quote(instrument_id: string, at: Date): MarketQuote | null
  /** What it closed at on its last days before a moment's, oldest first, without the shocks, which move them all alike. */
  closes(instrument_id: string, span: { days: number; before: Date }): DailyClose[]
  /** Moves a price from now on; tells whether the instrument is known. */
  shock(shock: Shock): boolean
  shocks(): readonly Shock[]
}

const STEP_MS = 250
const DAY_MS = 86_400_000
/** After midnight UTC, roughly when exchanges in New York close. */
const CLOSES_AT_MS = 21 * 3_600_000
/** Distance of bid and ask from the middle, as a fraction of the price; at least half a tick each. */
const HALF_SPREAD = 0.00004

/** A market whose every price follows from the seed, the instrument, the time and the shocks it was given. */
export function simulateMarket({ seed, instruments, walks, hours, shocks: known = [] }: Plan): Market {
  const traded = new Map(
    instruments.flatMap(instrument => {
      const walk = walks[instrument.instrument_id]
      return walk ? [[instrument.instrument_id, { ...instrument, walk }] as const] : []
    }),
  )
  const shocks = [...known]
  const factorOf = (id: string) =>
    shocks.filter(({ instrument_id }) => instrument_id === id).reduce((factor, { pct }) => factor * (1 + pct / 100), 1)

  return {
    ids: [...traded.keys()],
    quote(instrument_id, at) {
      const instrument = traded.get(instrument_id)
      if (!instrument) return null
      const { open, last_open: as_of } = hours ? openingOf(instrument.calendar, at) : { open: true, last_open: at }
      const step = Math.floor(as_of.getTime() / STEP_MS)
      const price = pathPrice({ seed, name: instrument_id, walk: instrument.walk, atMs: step * STEP_MS }) * factorOf(instrument_id)
      return { instrument_id, ...prices(price, instrument.tick), ...sizes(seedOf(seed, instrument_id), step, instrument.lot), as_of, open }
    },
    closes(instrument_id, { days, before }) {
      const instrument = traded.get(instrument_id)
      if (!instrument) return []
      const week = instrument.calendar === 'CRYPTO' ? 7 : 5
      return lastDays(before, { days, week }).map(atMs => ({
        day: new Date(atMs).toISOString().slice(0, 10),
        close: new Decimal(pathPrice({ seed, name: instrument_id, walk: instrument.walk, atMs: atMs + CLOSES_AT_MS }).toPrecision(12)),
      }))
    },
    shock(shock) {
      if (!traded.has(shock.instrument_id)) return false
      shocks.push(shock)
      return true
    },
    shocks: () => shocks,
  }
}

/** Midnights of the last days before a moment's, oldest first; a week of five has no Saturday and Sunday. */
function lastDays(before: Date, { days, week }: { days: number; week: number }): number[] {
  const found: number[] = []
  for (let at = Math.floor(before.getTime() / DAY_MS) * DAY_MS - DAY_MS; found.length < days; at -= DAY_MS) {
    if (week === 7 || new Date(at).getUTCDay() % 6 !== 0) found.push(at)
  }
  return found.reverse()
}

/** In whole ticks, bid < last < ask or, where the spread is one tick, bid < ask with the last trade at the bid. */
function prices(price: number, tick: string) {
  const ticks = price / Number(tick)
  const half = Math.max(0.5, ticks * HALF_SPREAD)
  const bid = Math.max(1, Math.round(ticks - half))
  const ask = Math.max(bid + 1, Math.round(ticks + half))
  const inTicks = (count: number) => new Decimal(count).times(tick)
  return { bid: inTicks(bid), ask: inTicks(ask), last: inTicks(Math.floor((bid + ask) / 2)) }
}

const sizes = (seed: number, step: number, lot: string) => {
  const size = (side: number) => new Decimal(1 + Math.floor(chance(seed + side, step) * 500)).times(lot)
  return { bid_size: size(1), ask_size: size(2) }
}
