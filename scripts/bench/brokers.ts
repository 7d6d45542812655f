import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BrokerToOpen } from '../../shared/brokers/adapter.ts'
import type { PlaceRequest } from '../../shared/brokers/broker.ts'
import { noTerms } from '../../shared/brokers/order-terms.ts'
import { openBroker } from '../../shared/brokers/registry.ts'
import { Decimal, ONE } from '../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import { type Row, spreadMs, type Table } from './figures.ts'
import { measuredShare } from './measured-share.ts'

const WARM_UP = 20
const ORDERS = 200

/** A broker over its simulator, a process of its own that says `{url}`, and secrets where it made them. One entry a broker. */
interface Venue {
  name: string
  simulator: string
  plan(url: string): Pick<BrokerToOpen, 'adapter' | 'connection'>
  currency: string
  instrument: Partial<InstrumentDocument>
  order: Partial<PlaceRequest>
  /** Ms between two orders, where the broker takes no more. */
  pause_ms?: number
}

const binance = (exchange: string, url: string) => ({
  adapter: 'ccxt',
  connection: { exchange, url, api_key: 'key', secret: 'secret', paced: false },
})
const coin: Venue['instrument'] = {
  symbol: 'BTCUSDT',
  asset_class: 'CRYPTO',
  currency: 'USDT',
  lot: new Decimal('0.00001'),
  tick: new Decimal('0.01'),
}
const small = { quantity: new Decimal('0.001') }

const venues: readonly Venue[] = [
  {
    name: 'Alpaca',
    simulator: 'alpaca',
    plan: url => ({ adapter: 'alpaca', connection: { base_url: url, secret: 'alpaca', requests_per_minute: 100_000 } }),
    currency: 'USD',
    instrument: { symbol: 'AAPL', asset_class: 'EQUITY' },
    order: {},
  },
  {
    name: 'Binance spot (ccxt)',
    simulator: 'binance',
    plan: url => binance('binance', url),
    currency: 'USDT',
    instrument: coin,
    order: small,
  },
  {
    name: 'Binance USD-M (ccxt)',
    simulator: 'binance',
    plan: url => binance('binanceusdm', url),
    currency: 'USDT',
    instrument: coin,
    order: small,
  },
  {
    name: 'Zerodha',
    simulator: 'zerodha',
    plan: url => ({ adapter: 'zerodha', connection: { base_url: url, secret: 'kite', products: { EQUITY: 'MIS' } } }),
    currency: 'INR',
    instrument: { symbol: 'INFY', exchange: 'NSE', currency: 'INR', tick: new Decimal('0.05') },
    order: {},
    pause_ms: 110,
  },
]

const secrets: Record<string, string> = {
  alpaca: 'simulated-key-1:simulated-secret-1',
  key: 'simulated-key-1',
  secret: 'simulated-secret-1',
}

/** Place → acknowledged for each broker over its simulator: the adapter's and its library's own time, beside a loopback round trip. */
export async function measureBrokers(): Promise<Table[]> {
  const rows: Row[] = []
  for (const venue of venues) rows.push(await measureVenue(venue))
  return [
    {
      title: `Place → acknowledged, over each broker's simulator`,
      rows,
      notes: [
        'Market orders one after another, from the call of placeOrder to its answer; the simulator is a process of its own on this machine.',
      ],
    },
  ]
}

async function measureVenue(venue: Venue): Promise<Row> {
  const main = fileURLToPath(new URL(`../../tests/simulators/${venue.simulator}/main.ts`, import.meta.url))
  const simulator = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [line] = await once(createInterface({ input: simulator.stdout }), 'line')
    const said: { url: string; secrets?: Record<string, string> } = JSON.parse(String(line))
    const instrument = { ...measuredShare, ...venue.instrument }
    const broker = await openBroker(
      {
        broker_id: 'BENCH',
        ...venue.plan(said.url),
        accounts: [{ account_id: 'A1', account_type: 'CRYPTO', currency: venue.currency, trading_mode: 'PAPER' }],
      },
      {
        now: () => new Date(),
        secret: async name => said.secrets?.[name] ?? secrets[name] ?? '',
        instruments: { byId: async () => instrument, bySymbol: async () => instrument },
        ...nothingStored,
      },
    )
    await broker.connect()
    const taken: number[] = []
    for (let index = 0; index < WARM_UP + ORDERS; index += 1) {
      if (venue.pause_ms) await delay(venue.pause_ms)
      const begun = performance.now()
      const { kind } = await broker.placeOrder({ ...market, instrument, client_order_id: `bench${index}`, ...venue.order })
      if (index >= WARM_UP) taken.push(performance.now() - begun)
      if (kind !== 'confirmed') throw new Error(`${venue.name} does not confirm: ${kind}`)
    }
    await broker.disconnect()
    return { broker: venue.name, ...spreadMs(taken) }
  } finally {
    const ended = once(simulator, 'close')
    simulator.kill('SIGTERM')
    await ended
  }
}

/** Only the paper broker looks into a database, and it is not measured here. */
const nothingStored = { store: undefined as never, crashPoint: () => undefined }

const market: Omit<PlaceRequest, 'instrument' | 'client_order_id'> = {
  account_id: 'A1',
  action: 'BUY',
  quantity: ONE,
  order_type: 'MARKET',
  time_in_force: 'DAY',
  ...noTerms,
  is_exit: false,
  attempts: 1,
}
