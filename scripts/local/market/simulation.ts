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

export interface Market {
  ids: readonly string[]
  /** Null for an instrument that is not traded here. */
  quote(instrument_id: string, at: Date): MarketQuote | null
  /** Moves a price from now on; tells whether the instrument is known. */
  shock(shock: Shock): boolean
  shocks(): readonly Shock[]
}

const STEP_MS = 250
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
    shock(shock) {
      if (!traded.has(shock.instrument_id)) return false
      shocks.push(shock)
      return true
    },
    shocks: () => shocks,
  }
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
