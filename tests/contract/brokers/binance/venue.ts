import { ccxtBroker } from '../../../../shared/brokers/ccxt/ccxt-broker.ts'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../../shared/messages/instrument.ts'
import { execute } from '../../../simulators/binance/book.ts'
import { isCancel, isOrder, isQuestion } from '../../../simulators/binance/faults.ts'
import type { startSimulator } from '../../../simulators/binance/start.ts'
import type { Failure, Venue } from '../conformance/venue.ts'

const money = (text: string) => new Decimal(text)

const instrument = (changes: Partial<InstrumentDocument> = {}): InstrumentDocument => ({
  instrument_id: 'CRYPTO:BTCUSDT',
  symbol: 'BTCUSDT',
  name: 'Bitcoin',
  asset_class: 'CRYPTO',
  exchange: 'BINANCE',
  currency: 'USDT',
  expiry: null,
  strike: null,
  right: null,
  multiplier: money('1'),
  lot: money('0.00001'),
  tick: money('0.01'),
  margin_per_lot: null,
  margin_pct: money('100'),
  calendar: 'CRYPTO',
  broker_symbols: { ccxt: 'BTC/USDT' },
  continuous_of: null,
  ...changes,
})

export const coin = instrument()
export const perpetual = instrument({
  instrument_id: 'FUTURE:BTCUSDT.P',
  symbol: 'BTCUSDT.P',
  asset_class: 'FUTURE',
  margin_pct: money('5'),
  broker_symbols: { ccxt: 'BTC/USDT:USDT' },
})

export type Simulator = Awaited<ReturnType<typeof startSimulator>>

const secrets: Record<string, string> = {
  'key-1': 'simulated-key-1',
  'secret-1': 'simulated-secret-1',
  'key-2': 'simulated-key-2',
  'secret-2': 'simulated-secret-2',
}

export async function binanceBroker(simulator: Pick<Simulator, 'url'>, exchange: string, connection: Record<string, unknown> = {}) {
  const known = [coin, perpetual]
  return ccxtBroker(
    {
      broker_id: 'BINANCE',
      adapter: 'ccxt',
      connection: {
        exchange,
        url: simulator.url,
        timeout_ms: 1_500,
        paced: false,
        accounts: { A1: { api_key: 'key-1', secret: 'secret-1' }, A2: { api_key: 'key-2', secret: 'secret-2' } },
        ...connection,
      },
      accounts: ['A1', 'A2'].map(account_id => ({ account_id, account_type: 'CRYPTO', currency: 'USDT', trading_mode: 'PAPER' as const })),
    },
    {
      now: () => new Date(),
      secret: async name => {
        const value = secrets[name]
        if (value === undefined) throw new Error(`there is no secret ${name}`)
        return value
      },
      instruments: {
        byId: async id => known.find(({ instrument_id }) => instrument_id === id) ?? null,
        bySymbol: async (venue, symbol) =>
          known.find(each => each.broker_symbols[venue] === symbol) ?? known.find(each => each.symbol === symbol) ?? null,
      },
    },
  )
}

/** The exchange's own answers, by its documentation, with what they make of an order. */
const documented = (contracts: boolean): [status: number, code: number, msg: string, outcome: Failure['outcome']][] => [
  [400, -1000, 'An unknown error occurred while processing the request.', 'unknown'],
  [400, -1001, 'Internal error; unable to process your request. Please try again.', 'unknown'],
  [401, -1002, 'You are not authorized to execute this request.', 'rejected'],
  [400, -1006, 'An unexpected response was received from the message bus. Execution status unknown.', 'unknown'],
  [408, -1007, 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.', 'unknown'],
  [503, -1008, 'Server is currently overloaded with other requests.', 'unknown'],
  [400, -1013, 'Filter failure: LOT_SIZE', 'rejected'],
  [400, -1013, 'Filter failure: PRICE_FILTER', 'rejected'],
  [400, -1014, 'Unsupported order combination.', 'rejected'],
  [400, -1016, 'This service is no longer available.', 'unknown'],
  [400, -1020, 'This operation is not supported.', 'rejected'],
  [400, -1022, 'Signature for this request is not valid.', 'rejected'],
  [400, -1100, 'Illegal characters found in a parameter.', 'rejected'],
  [400, -1102, 'A mandatory parameter was not sent, was empty/null, or malformed.', 'rejected'],
  [400, -1106, "Parameter 'timeInForce' sent when not required.", 'rejected'],
  [400, -1111, 'Precision is over the maximum defined for this asset.', 'rejected'],
  [400, -1115, 'Invalid timeInForce.', 'rejected'],
  [400, -1116, 'Invalid orderType.', 'rejected'],
  [400, -1117, 'Invalid side.', 'rejected'],
  [400, -1121, 'Invalid symbol.', 'rejected'],
  [401, -2014, 'API-key format invalid.', 'rejected'],
  [500, -1000, 'Internal server error', 'unknown'],
  ...(contracts
    ? ([
        [400, -2018, 'Balance is insufficient.', 'rejected'],
        [400, -2019, 'Margin is insufficient.', 'rejected'],
        [400, -2020, 'Unable to fill.', 'rejected'],
        [400, -2021, 'Order would immediately trigger.', 'rejected'],
        [400, -2022, 'ReduceOnly Order is rejected.', 'rejected'],
        [400, -2023, 'User in liquidation mode now.', 'rejected'],
        [400, -2025, 'Reach max open order limit.', 'rejected'],
        [400, -2027, 'Exceeded the maximum allowable position at current leverage.', 'rejected'],
        [400, -4003, 'Quantity less than zero.', 'rejected'],
        [400, -4014, 'Price not increased by tick size.', 'rejected'],
        [400, -4023, 'Qty not increased by step size.', 'rejected'],
        [400, -4131, "The counterparty's best price does not meet the PERCENT_PRICE filter limit.", 'rejected'],
        [400, -4164, "Order's notional must be no smaller than 5.0 (unless you choose reduce only).", 'rejected'],
        [400, -5022, 'Due to the order could not be executed as maker, the Post Only order will be rejected.', 'rejected'],
      ] as [number, number, string, Failure['outcome']][])
    : ([
        [400, -2010, 'Account has insufficient balance for requested action.', 'rejected'],
        [400, -2010, 'Market is closed.', 'rejected'],
        [400, -2010, 'This action is disabled on this account.', 'rejected'],
        [400, -2010, 'Order would immediately match and take.', 'rejected'],
        [400, -2010, 'Rest API trading is not enabled.', 'rejected'],
      ] as [number, number, string, Failure['outcome']][])),
]

const broken: [name: string, fault: { kind: 'reset' | 'answer'; status?: number; body?: string | object }][] = [
  ['502 with a page', { kind: 'answer', status: 502 }],
  ['504 with a page', { kind: 'answer', status: 504, body: '<html>Gateway timeout</html>' }],
  ['403 with a page', { kind: 'answer', status: 403, body: '<html>Forbidden</html>' }],
  ['200 with a page', { kind: 'answer', status: 200, body: '<html>Welcome</html>' }],
  ['200 with half an answer', { kind: 'answer', status: 200, body: '{"symbol": "BTC' }],
  ['200 with another answer', { kind: 'answer', status: 200, body: { hello: 1 } }],
  ['a reset', { kind: 'reset' }],
]

export function venueOf(simulator: Simulator, broker: Venue['broker'], contracts: boolean): Venue {
  const { fault, contracts: futures, spot } = simulator
  const book = contracts ? futures : spot
  return {
    broker,
    account_id: 'A1',
    second: 'A2',
    instrument: contracts ? perpetual : coin,
    shorts: contracts,
    bracket: { limit_price: null },
    price: async (bid, ask) => simulator.price('BTCUSDT', bid, ask),
    loseNextAnswer: () => fault.plan(isOrder, { kind: 'reset', before: false }),
    loseNextCancel: () => fault.plan(isCancel, { kind: 'reset', before: false }),
    failNextQuestion: () => fault.plan(isQuestion, { kind: 'answer', before: true, status: 502 }),
    delay: ms => {
      fault.delayMs = ms
    },
    failures: () => [
      ...documented(contracts).map(([status, code, msg, outcome]) => ({
        name: `${status} ${code} ${msg}`,
        arrange: () => fault.plan(isOrder, { kind: 'answer', before: true, status, body: { code, msg } }),
        outcome,
      })),
      ...broken.map(([name, how]) => ({ name, arrange: () => fault.plan(isOrder, { ...how, before: true }), outcome: 'unknown' as const })),
    ],
    fillPart: async (client, quantity, at) => simulator.fillPart(client, quantity, at),
    fillBeforeCancel: client => {
      fault.watch.push(request => {
        const order = book.orders.find(each => each.clientOrderId === client)
        if (isCancel(request) && order?.status === 'NEW') execute(book, order, { qty: order.origQty, price: order.price, isMaker: true })
      })
    },
    foreign: async () => {
      const { clientOrderId } = await place(simulator, contracts)
      return clientOrderId
    },
  }
}

/** An order that was given on the exchange's own pages. */
async function place(simulator: Simulator, contracts: boolean): Promise<{ clientOrderId: string }> {
  const book = contracts ? simulator.contracts : simulator.spot
  const template = {
    owner: 'first',
    symbol: 'BTCUSDT',
    orderId: 77_777,
    clientOrderId: 'web_77777',
    orderListId: -1,
    side: 'BUY' as const,
    type: 'LIMIT',
    timeInForce: 'GTC',
    price: money('50'),
    origQty: money('1'),
    executedQty: money('0'),
    quoteQty: money('0'),
    stopPrice: money('0'),
    trail: money('0'),
    extreme: null,
    reduceOnly: false,
    status: 'NEW',
    time: Date.now(),
    updateTime: Date.now(),
    goodTillDate: 0,
    pending: false,
    algo: null,
  }
  book.orders.push(template)
  return { clientOrderId: String(template.orderId) }
}
