import type { Quote } from '../../domain/instrument.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { Connection } from './connection.ts'
import { contractOf } from './contracts.ts'
import { exact } from './exact.ts'
import type { Questions } from './questions.ts'
import type { Settings } from './settings.ts'

interface Line {
  req_id: number
  instrument: InstrumentDocument
  bid: Decimal | null
  ask: Decimal | null
  last: Decimal | null
  used_at: number
  failed: boolean
  /** Asked for in this connection. */
  live: boolean
  waiting: Set<() => void>
}

/** Tick types: live, and delayed. */
const fields: Record<number, 'bid' | 'ask' | 'last'> = { 1: 'bid', 2: 'ask', 4: 'last', 66: 'bid', 67: 'ask', 68: 'last' }
/** A login has 100 lines unless it pays for more. */
const MOST_LINES = 90
/** A line that nobody asked for as long as this is given up after a reconnect. */
const IDLE_MS = 5 * 60_000
const FIRST_TICK_MS = 2_500
/** What had no data is asked for again after this. */
const FAILED_FOR_MS = 30_000

interface MarketDataDeps {
  connection: Pick<Connection, 'send' | 'isReady' | 'session'>
  questions: Questions
  settings: Settings
  now(): Date
}

/** Prices of instruments that somebody asked for, followed from then on; they are asked for again where a connection lost them. */
export function openMarketData({ connection, questions, settings, now }: MarketDataDeps) {
  const lines = new Map<string, Line>()
  const byRequest = new Map<number, Line>()

  const ask = async (line: Line): Promise<void> => {
    byRequest.delete(line.req_id)
    line.req_id = questions.nextRequest()
    byRequest.set(line.req_id, line)
    line.live = await connection.send('question', api => api.reqMktData(line.req_id, contractOf(line.instrument), '', false, false))
  }

  function drop(line: Line): void {
    lines.delete(line.instrument.instrument_id)
    byRequest.delete(line.req_id)
    if (line.live) void connection.send('question', api => api.cancelMktData(line.req_id))
  }

  async function lineOf(instrument: InstrumentDocument): Promise<Line> {
    const known = lines.get(instrument.instrument_id)
    const stale = known?.failed && performance.now() - known.used_at > FAILED_FOR_MS
    if (known && !stale && (known.live || known.failed)) return known
    if (lines.size >= MOST_LINES) {
      const [oldest] = [...lines.values()].toSorted((one, other) => one.used_at - other.used_at)
      if (oldest) drop(oldest)
    }
    const line: Line = known ?? {
      ...{ req_id: 0, instrument, bid: null, ask: null, last: null, used_at: 0, failed: false, live: false, waiting: new Set() },
    }
    line.failed = false
    lines.set(instrument.instrument_id, line)
    await ask(line)
    return line
  }

  const isWhole = ({ bid, ask: offer }: Line): boolean => bid !== null && offer !== null

  return {
    quote: async (instrument: InstrumentDocument): Promise<Quote | null> => {
      const line = await lineOf(instrument)
      if (!line.failed) line.used_at = performance.now()
      if (!isWhole(line) && !line.failed) {
        await new Promise<void>(resolve => {
          const done = () => {
            clearTimeout(timer)
            line.waiting.delete(done)
            resolve()
          }
          const timer = setTimeout(done, Math.min(FIRST_TICK_MS, settings.request_ms))
          line.waiting.add(done)
        })
      }
      const { bid, ask: offer, last } = line
      if (!bid || !offer || !line.live) return null
      // A market that stands still sends nothing: its last prices hold for as long as the connection tells that it lives.
      return { bid, ask: offer, last: last ?? bid.plus(offer).div(2), as_of: connection.session().last_message_at ?? now() }
    },
    tick: (req_id: number, type: number, price: number | undefined): void => {
      const field = fields[type]
      const line = field && byRequest.get(req_id)
      const value = exact(price)
      if (!field || !line || !value) return
      // −1: there is none just now.
      line[field] = value.gt(0) ? value : null
      if (isWhole(line)) for (const done of [...line.waiting]) done()
    },
    failed: (req_id: number): void => {
      const line = byRequest.get(req_id)
      if (!line) return
      Object.assign(line, { failed: true, live: false, bid: null, ask: null, last: null, used_at: performance.now() })
      for (const done of [...line.waiting]) done()
    },
    /** Nothing is told any more until it is asked for again. */
    lose: (): void => {
      for (const line of lines.values()) Object.assign(line, { live: false, bid: null, ask: null, last: null })
    },
    resume: async (): Promise<void> => {
      await connection.send('question', api => api.reqMarketDataType(settings.market_data_type))
      const before = performance.now() - IDLE_MS
      for (const line of [...lines.values()]) {
        if (line.live) continue
        if (line.failed || line.used_at < before) drop(line)
        else await ask(line)
      }
    },
  }
}
export type MarketData = ReturnType<typeof openMarketData>
