import { sentence } from '../../domain/errors.ts'
import { Decimal, ONE } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerError } from '../broker.ts'
import type { Line } from './line.ts'
import { kiteContracts } from './wire.ts'

/** An instrument as Kite names it. */
export interface Contract {
  exchange: string
  tradingsymbol: string
  /**
   * Kite's quantity for one of ours. In NFO and BFO Kite counts units of the underlying, so that a contract of 75 is 75 there; elsewhere it
   * counts shares, and at MCX and CDS lots, as we do.
   */
  units: Decimal
}

/** What Kite's contract is to us. */
export interface Known {
  instrument_id: string
  symbol: string
  units: Decimal
  asset_class: string | null
}

const VENUE = 'zerodha'
const exchanges = ['NSE', 'BSE', 'NFO', 'BFO', 'MCX', 'CDS', 'BCD']
const homes: Partial<Record<InstrumentDocument['asset_class'], string>> = { EQUITY: 'NSE', INDEX: 'NSE', FUTURE: 'NFO', OPTION: 'NFO' }
/** The same share may lie under either. */
const twins: Record<string, string> = { NSE: 'BSE', BSE: 'NSE' }

const nameOf = ({ exchange, tradingsymbol }: Pick<Contract, 'exchange' | 'tradingsymbol'>) => `${exchange}:${tradingsymbol}`

export interface Contracts {
  /** @throws BrokerError where Kite has no such contract */
  of(instrument: InstrumentDocument, line: Line): Promise<Contract>
  /** Ours, or `zerodha:its name` where it is none of ours. */
  known(exchange: string, tradingsymbol: string): Promise<Known>
}

/** Finds contracts by the names that instruments carry for Kite, by rule where one symbol tells all, and else in Kite's own list of the day. */
export function contractsOf({ instruments, now }: Pick<AdapterDeps, 'instruments' | 'now'>): Contracts {
  const mapped = new Map<string, InstrumentDocument>()
  const lists = new Map<string, Promise<Map<string, string>>>()

  const listed = (exchange: string, line: Line): Promise<Map<string, string>> => {
    const key = `${exchange} ${now().toISOString().slice(0, 10)}`
    const known = lists.get(key)
    if (known !== undefined) return known
    const reading = line
      .ask({ kind: 'other', what: `instruments/${exchange}`, schema: kiteContracts, from: client => client.getInstruments(exchange) })
      .then(rows => new Map(rows.map(row => [termsOf(row), row.tradingsymbol])))
    lists.clear()
    lists.set(key, reading)
    reading.catch(() => lists.delete(key))
    return reading
  }

  const symbolOf = async (instrument: InstrumentDocument, exchange: string, line: Line): Promise<string> => {
    const { asset_class, symbol } = instrument
    if ((asset_class !== 'FUTURE' && asset_class !== 'OPTION') || /\d([A-Z]{3}FUT|CE|PE)$/.test(symbol)) return symbol
    const found = (await listed(exchange, line)).get(
      termsOf({ name: symbol, instrument_type: typeOf(instrument), expiry: instrument.expiry, strike: instrument.strike }),
    )
    if (found === undefined) throw new BrokerError(sentence('UNKNOWN_CONTRACT', { instrument_id: instrument.instrument_id, exchange }))
    return found
  }

  const bySymbol = async (exchange: string, tradingsymbol: string): Promise<InstrumentDocument | null> => {
    const name = nameOf({ exchange, tradingsymbol })
    const mine = mapped.get(name)
    if (mine) return mine
    const named = await instruments.bySymbol(VENUE, name)
    if (named) return named
    const found = await instruments.bySymbol(VENUE, tradingsymbol)
    return found && splitOf(found).exchange === exchange ? found : null
  }

  return {
    of: async (instrument, line) => {
      const { exchange, symbol } = splitOf(instrument)
      if (exchange === null) throw new BrokerError(sentence('UNKNOWN_CONTRACT', { instrument_id: instrument.instrument_id }))
      const tradingsymbol = symbol ?? (await symbolOf(instrument, exchange, line))
      mapped.set(nameOf({ exchange, tradingsymbol }), instrument)
      return { exchange, tradingsymbol, units: unitsOf(exchange, instrument) }
    },
    known: async (exchange, tradingsymbol) => {
      const twin = twins[exchange]
      const found = (await bySymbol(exchange, tradingsymbol)) ?? (twin === undefined ? null : await bySymbol(twin, tradingsymbol))
      if (!found) {
        return { instrument_id: `${VENUE}:${nameOf({ exchange, tradingsymbol })}`, symbol: tradingsymbol, units: ONE, asset_class: null }
      }
      const { instrument_id, symbol, asset_class } = found
      return { instrument_id, symbol, units: unitsOf(exchange, found), asset_class }
    },
  }
}

/** Where an instrument trades, and what Kite calls it where the instrument says so. */
function splitOf({ broker_symbols, exchange, asset_class, currency }: InstrumentDocument): {
  exchange: string | null
  symbol: string | null
} {
  const [, prefix, symbol = null] = /^(?:([A-Z]{3}):)?(.+)$/.exec(broker_symbols[VENUE] ?? '') ?? []
  const own = prefix ?? exchange
  if (own !== null && own !== undefined) return { exchange: exchanges.includes(own) ? own : null, symbol }
  return { exchange: currency === 'INR' || symbol !== null ? (homes[asset_class] ?? null) : null, symbol }
}

const unitsOf = (exchange: string, { multiplier }: InstrumentDocument): Decimal =>
  exchange === 'NFO' || exchange === 'BFO' ? multiplier : ONE

const typeOf = ({ right }: InstrumentDocument) => (right === null ? 'FUT' : right === 'CALL' ? 'CE' : 'PE')

/** What makes a contract, whoever writes it. */
function termsOf(row: { name: string; instrument_type: string; expiry?: Date | string | null | undefined; strike: unknown }): string {
  const day = row.expiry instanceof Date ? row.expiry.toISOString() : (row.expiry ?? '')
  const strike = row.instrument_type === 'FUT' ? '' : new Decimal(String(row.strike ?? 0)).toFixed()
  return [row.name, day.slice(0, 10), row.instrument_type, strike].join(' ')
}
