import { type Broker, BrokerError } from '../../../shared/brokers/broker.ts'
import { documentedErrors } from '../../../shared/brokers/zerodha/errors.ts'
import { heldLogin } from '../../../shared/brokers/zerodha/login.ts'
import { zerodhaBroker } from '../../../shared/brokers/zerodha/zerodha-broker.ts'
import type { InstrumentDocument } from '../../../shared/messages/instrument.ts'
import { type SimulatorOptions, startSimulator } from '../../simulators/zerodha/simulator.ts'
import { stock } from '../../unit/shared/brokers/paper/samples.ts'
import type { Failure, Venue } from './conformance/venue.ts'

export const infy: InstrumentDocument = {
  ...stock,
  instrument_id: 'INFY',
  symbol: 'INFY',
  exchange: 'NSE',
  currency: 'INR',
  calendar: 'XNSE',
}
export const INFY = 'NSE:INFY'

interface House extends SimulatorOptions {
  instruments?: readonly InstrumentDocument[]
  connection?: Record<string, unknown>
  now?: () => Date
}

/** A simulated Kite with two users, each logged in for the account of the same place. */
export async function kiteHouse({ instruments = [infy], connection = {}, ...options }: House = {}) {
  const now = options.now ?? (() => new Date())
  const kite = await startSimulator({ users: [{ user_id: 'AB1234' }, { user_id: 'CD5678' }], ...options })
  const secrets = new Map([['kite', JSON.stringify(kite.app)]])
  const login = (account: 'a1' | 'a2', user_id: string, expires_at = new Date('2999-01-01')) =>
    secrets.set(`kite-login-${account}`, heldLogin({ access_token: kite.login(user_id), user_id, expires_at }))
  login('a1', 'AB1234')
  login('a2', 'CD5678')
  const open = (more: Record<string, unknown> = {}): Broker =>
    zerodhaBroker(
      {
        broker_id: 'ZERODHA',
        adapter: 'zerodha',
        connection: { secret: 'kite', base_url: kite.url, products: { EQUITY: 'MIS' }, deadline_ms: 2_000, ...connection, ...more },
        accounts: ['A1', 'A2'].map(account_id => ({ account_id, account_type: 'MARGIN', currency: 'INR', trading_mode: 'PAPER' })),
      },
      {
        now,
        secret: async name => {
          const value = secrets.get(name)
          if (value === undefined) throw new BrokerError(`SECRET_UNAVAILABLE: name=${name}`)
          return value
        },
        instruments: {
          byId: async id => instruments.find(({ instrument_id }) => instrument_id === id) ?? null,
          bySymbol: async (venue, symbol) =>
            instruments.find(each => each.broker_symbols[venue] === symbol) ?? instruments.find(each => each.symbol === symbol) ?? null,
        },
      },
    )
  return { kite, secrets, login, open, now }
}

export type KiteHouse = Awaited<ReturnType<typeof kiteHouse>>

const PLACE = /^POST \/orders\/regular$/
const outcomes = { rejected: 'rejected', login: 'rejected', unknown: 'unknown' } as const
/** Messages that bring a row of the table about, where the type alone does not. */
const messages = ['Your order request timed out, check the order book.', 'Too many requests']

/** Every row of the table of errors, and answers that are none of Kite's. */
const failuresOf = ({ kite }: KiteHouse): Failure[] => [
  ...documentedErrors.map(({ error_type, says, meaning }): Failure => {
    const message = messages.find(text => says?.test(text)) ?? 'as planned'
    return {
      name: `${error_type} ${says ?? ''}`,
      outcome: outcomes[meaning],
      arrange: () => kite.faults.add({ on: PLACE, answer: { kind: 'error', error_type, message } }),
    }
  }),
  ...(['reset', 'html', 'garbage'] as const).map(
    (kind): Failure => ({ name: kind, outcome: 'unknown', arrange: () => kite.faults.add({ on: PLACE, answer: { kind } }) }),
  ),
  {
    name: 'a proxy’s 502',
    outcome: 'unknown',
    arrange: () => kite.faults.add({ on: PLACE, answer: { kind: 'html', status: 502 } }),
  },
  {
    name: 'a redirect',
    outcome: 'unknown',
    arrange: () => kite.faults.add({ on: PLACE, answer: { kind: 'redirect', to: `${kite.url}/orders/regular` } }),
  },
]

export function venueOf(house: KiteHouse, broker = house.open()): Venue {
  const { kite } = house
  return {
    broker,
    account_id: 'A1',
    second: 'A2',
    instrument: infy,
    price: async (bid, ask) => kite.price(INFY, Number(bid), Number(ask)),
    loseNextAnswer: () => kite.faults.add({ on: PLACE, done: true, answer: { kind: 'reset' } }),
    loseNextCancel: () => kite.faults.add({ on: /^DELETE \/orders/, done: true, answer: { kind: 'reset' } }),
    failures: () => failuresOf(house),
    // Some questions are two requests, side by side.
    failNextQuestion: () => {
      kite.faults.clear()
      kite.faults.add({ on: /^GET /, times: 2, answer: { kind: 'reset' } })
    },
    fillPart: async (id, quantity, price) => kite.fill(id, Number(quantity), Number(price)),
    holdCommissions: () => kite.faults.add({ on: /charges/, times: 1, answer: { kind: 'error', error_type: 'GeneralException' } }),
    tellCommissions: async () => undefined,
    fillBeforeCancel: () =>
      kite.faults.add({ on: /^DELETE \/orders/, before: () => kite.price(INFY, 89, 89.5), answer: { kind: 'usual' } }),
    foreign: async () =>
      kite.place('AB1234', {
        exchange: 'NSE',
        tradingsymbol: 'INFY',
        transaction_type: 'BUY',
        order_type: 'LIMIT',
        product: 'MIS',
        quantity: '4',
        price: '80.5',
      }),
  }
}
