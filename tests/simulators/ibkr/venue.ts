import { ibkrBroker } from '../../../shared/brokers/ibkr/ibkr-broker.ts'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type InstrumentDocument, instrument } from '../../../shared/messages/instrument.ts'
import { type SimulatorOptions, startSimulator } from './server.ts'

const listed = (given: Pick<InstrumentDocument, 'symbol' | 'asset_class'> & Record<string, unknown>): InstrumentDocument =>
  instrument.parse({
    instrument_id: `${given.asset_class}:${given.symbol}`,
    name: given.symbol,
    exchange: null,
    currency: 'USD',
    expiry: null,
    strike: null,
    right: null,
    multiplier: '1',
    lot: '1',
    tick: '0.01',
    margin_per_lot: null,
    margin_pct: null,
    calendar: 'XNYS',
    broker_symbols: {},
    continuous_of: null,
    ...given,
  })

/** One of every class, as our tables have them. */
export const instruments = {
  stock: listed({ symbol: 'AAPL', asset_class: 'EQUITY', exchange: 'NASDAQ' }),
  option: listed({
    symbol: 'AAPL301220C00250000',
    asset_class: 'OPTION',
    exchange: 'OPRA',
    expiry: '2030-12-20',
    strike: '250',
    right: 'CALL',
    multiplier: '100',
    tick: '0.05',
  }),
  future: listed({
    symbol: 'ESZ2030',
    asset_class: 'FUTURE',
    exchange: 'CME',
    expiry: '2030-12-20',
    multiplier: '50',
    tick: '0.25',
    broker_symbols: { ibkr: 'ESZ0' },
  }),
  plainFuture: listed({ symbol: 'NQZ2030', asset_class: 'FUTURE', exchange: 'CME', expiry: '2030-12-20', multiplier: '20', tick: '0.25' }),
  pair: listed({ symbol: 'EURUSD', asset_class: 'FOREX', tick: '0.00005', lot: '1000', broker_symbols: { ibkr: 'EUR.USD' } }),
  cross: listed({ symbol: 'AUDCAD', asset_class: 'FOREX', currency: 'CAD', tick: '0.00005', lot: '1000' }),
  coin: listed({ symbol: 'BTCUSD', asset_class: 'CRYPTO', tick: '0.25', lot: '0.00000001' }),
}
const all: readonly InstrumentDocument[] = Object.values(instruments)

const lookUp = {
  byId: async (id: string) => all.find(({ instrument_id }) => instrument_id === id) ?? null,
  bySymbol: async (venue: string, symbol: string) =>
    all.find(({ broker_symbols }) => broker_symbols[venue] === symbol) ?? all.find(each => each.symbol === symbol) ?? null,
}

/** Settings under which a test need not wait. */
export const hasty = { request_ms: 1_500, order_ms: 600, quiet_ms: 200, dead_ms: 1_200, again_after_ms: [30, 60, 120], in_use_ms: 150 }

interface VenueOptions extends SimulatorOptions {
  connection?: Record<string, unknown>
}

/** A simulated gateway, and the adapter over it; not connected yet. */
export async function openVenue({ connection = {}, now = () => new Date(), ...options }: VenueOptions = {}) {
  const simulator = await startSimulator({ ...options, now })
  const adapterOf = (more: Record<string, unknown> = {}) =>
    ibkrBroker(
      { broker_id: 'IBKR', connection: { ...hasty, host: simulator.host, port: simulator.port, client_id: 7, ...connection, ...more } },
      { now, instruments: lookUp },
    )
  const broker = adapterOf()
  const others = new Set([broker])
  return {
    simulator,
    broker,
    /** Another adapter over the same gateway: another process, or the same one after its death. */
    another: (more: Record<string, unknown> = {}) => {
      const made = adapterOf(more)
      others.add(made)
      return made
    },
    account_id: [...simulator.accounts.keys()][0] ?? '',
    instruments,
    close: async () => {
      for (const each of others) await each.disconnect()
      await simulator.stop()
    },
  }
}

export const money = (text: string): Decimal => new Decimal(text)
