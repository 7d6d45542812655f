import { afterAll, beforeAll } from 'vitest'
import type { AdapterDeps, BrokerToOpen } from '../../../../shared/brokers/adapter.ts'
import { alpacaBroker } from '../../../../shared/brokers/alpaca/alpaca-broker.ts'
import type { PlaceRequest } from '../../../../shared/brokers/broker.ts'
import { noTerms } from '../../../../shared/brokers/order-terms.ts'
import { Decimal, ONE } from '../../../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../../shared/messages/instrument.ts'
import { type AlpacaSimulator, startSimulator } from '../../../simulators/alpaca/simulator.ts'

export const money = (text: string) => new Decimal(text)

const instrument = (own: Partial<InstrumentDocument> & Pick<InstrumentDocument, 'symbol' | 'asset_class'>): InstrumentDocument => ({
  instrument_id: `${own.asset_class}:${own.symbol}`,
  name: own.symbol,
  exchange: null,
  currency: 'USD',
  expiry: null,
  strike: null,
  right: null,
  multiplier: ONE,
  lot: ONE,
  tick: money('0.01'),
  margin_per_lot: null,
  margin_pct: null,
  calendar: 'XNYS',
  broker_symbols: {},
  continuous_of: null,
  ...own,
})

export const share = instrument({ symbol: 'AAPL', asset_class: 'EQUITY' })
export const coin = instrument({ symbol: 'BTCUSD', asset_class: 'CRYPTO', lot: money('0.00001'), calendar: 'CRYPTO' })
export const call = instrument({
  symbol: 'AAPL261218C00250000',
  asset_class: 'OPTION',
  multiplier: money('100'),
  expiry: '2026-12-18',
  strike: money('250'),
  right: 'CALL',
})
export const future = instrument({ symbol: 'ESZ2030', asset_class: 'FUTURE' })
const symbolTable = [share, coin, call, future]

const instruments: AdapterDeps['instruments'] = {
  byId: async id => symbolTable.find(({ instrument_id }) => instrument_id === id) ?? null,
  bySymbol: async (venue, symbol) => symbolTable.find(each => each.broker_symbols[venue] === symbol || each.symbol === symbol) ?? null,
}

let opened = 0

/** One simulator a file; every opening is an account of its own. */
export function alpacaHouse() {
  let simulator: AlpacaSimulator
  const secrets = new Map<string, string>()
  const open: { disconnect(): Promise<void> }[] = []
  beforeAll(async () => {
    simulator = await startSimulator()
    simulator.price('AAPL', '100', '100.02')
    simulator.price('BTC/USD', '60000', '60010.5')
    simulator.price('AAPL261218C00250000', '5.1', '5.3')
  })
  afterAll(async () => {
    for (const each of open) await each.disconnect()
    await simulator.stop()
  })

  const newAccount = (own: { cash?: string; multiplier?: number } = {}) => {
    opened += 1
    const account_id = `Alpaca_${opened}`
    const keys = { key_id: `PK${opened}`, secret: `secret-of-${opened}-${process.pid}` }
    secrets.set(`keys-${opened}`, `${keys.key_id}:${keys.secret}`)
    return { account_id, secret: `keys-${opened}`, account: simulator.openAccount({ ...keys, ...own }), keys }
  }
  const deps: AdapterDeps = {
    now: () => new Date(),
    secret: async name => secrets.get(name) ?? Promise.reject(new Error('no such secret')),
    instruments,
  }
  const planOf = (accounts: { account_id: string; secret: string }[], connection: Record<string, unknown> = {}): BrokerToOpen => ({
    broker_id: 'ALPACA',
    adapter: 'alpaca',
    connection: {
      base_url: simulator.url,
      secrets: Object.fromEntries(accounts.map(({ account_id, secret }) => [account_id, secret])),
      deadline_ms: 1_000,
      requests_per_minute: 2_000,
      ...connection,
    },
    accounts: accounts.map(({ account_id }) => ({ account_id, account_type: 'MARGIN', currency: 'USD', trading_mode: 'PAPER' })),
  })
  const brokerOf = (accounts: { account_id: string; secret: string }[], connection: Record<string, unknown> = {}) => {
    const broker = alpacaBroker(planOf(accounts, connection), deps, { ping_ms: 50, silence_ms: 400 })
    open.push(broker)
    return broker
  }
  return {
    simulator: () => simulator,
    secrets,
    deps,
    planOf,
    newAccount,
    brokerOf,
    openPlan: (plan: BrokerToOpen) => alpacaBroker(plan, deps),
    /** A broker of one account of its own. */
    open(own: { cash?: string; multiplier?: number } = {}, connection: Record<string, unknown> = {}) {
      const account = newAccount(own)
      return { ...account, broker: brokerOf([account], connection) }
    },
  }
}

let asked = 0

export const request = (account_id: string, changes: Partial<PlaceRequest> = {}): PlaceRequest => {
  asked += 1
  return {
    account_id,
    client_order_id: `order_${asked}`,
    instrument: share,
    action: 'BUY',
    quantity: money('1'),
    order_type: 'MARKET',
    time_in_force: 'DAY',
    ...noTerms,
    is_exit: false,
    ...changes,
  }
}
