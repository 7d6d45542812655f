import { describe, expect, it } from 'vitest'
import type { PlaceRequest } from '../../../../../shared/brokers/broker.ts'
import { defaultFillModel } from '../../../../../shared/brokers/paper/fill-model.ts'
import { type Circumstances, judgeOrder } from '../../../../../shared/brokers/paper/judge-order.ts'
import type { VenueQuote } from '../../../../../shared/brokers/paper/market-quote.ts'
import { account, allInstruments, at, german, index, money, position, request, shown, stock } from './samples.ts'

const quote: VenueQuote = { bid: money('100'), ask: money('100.02'), last: money('100.01'), as_of: at }

const usual: Circumstances = {
  account: account(),
  market: {
    instruments: new Map(allInstruments.map(each => [each.instrument_id, each])),
    prices: new Map(allInstruments.map(each => [each.instrument_id, money('100.01')])),
    rates: new Map([['USD', money(1)]]),
  },
  quote,
  model: defaultFillModel,
  now: at,
}

const judged = (asked: Partial<PlaceRequest>, changes: Partial<Circumstances> = {}) => judgeOrder(request(asked), { ...usual, ...changes })
const refusal = (asked: Partial<PlaceRequest>, changes: Partial<Circumstances> = {}) => {
  const { status, reason, fills } = judged(asked, changes)
  expect({ status, fills }).toEqual({ status: 'REJECTED', fills: [] })
  return reason
}

describe('judging an order', () => {
  it('accepts it with its fills, under ids that follow from the client id', () => {
    const { status, reason, broker_order_id, fills } = judged(
      { quantity: money(1500) },
      { account: account({ cash: { USD: money(1_000_000) } }) },
    )
    expect({ status, reason, broker_order_id }).toEqual({ status: 'ACCEPTED', reason: null, broker_order_id: 'paper-A1-c1' })
    // 1,000 are shown; 0.5 bp of 100,030 and of 50,020
    expect(fills.map(({ execution_id, price, quantity, commission }) => shown({ execution_id, price, quantity, commission }))).toEqual([
      { execution_id: 'paper-A1-c1-1', price: '100.03', quantity: '1000', commission: '5.0015' },
      { execution_id: 'paper-A1-c1-2', price: '100.04', quantity: '500', commission: '2.501' },
    ])
  })

  it('fills against the size that the quote shows on its side', () => {
    const sizes = { ...quote, ask_size: money(60), bid_size: money(10) }
    expect(judged({}, { quote: sizes }).fills.map(each => each.quantity.toString())).toEqual(['60', '40'])
  })

  it('rejects types and times in force that it does not have', () => {
    // AAPL of the samples trades on a calendar that never closes, so that it has no auctions.
    expect(refusal({ order_type: 'MARKET_ON_OPEN' })).toBe('UNSUPPORTED_ORDER_TYPE: order_type=MARKET_ON_OPEN, calendar=ALWAYS')
    expect(refusal({ order_type: 'STOP', stop_price: money(110), time_in_force: 'IOC' })).toBe(
      'UNSUPPORTED_ORDER_TYPE: order_type=STOP, time_in_force=IOC',
    )
  })

  it('rejects terms that make no order', () => {
    expect(refusal({ order_type: 'LIMIT' })).toBe('INVALID_PRICE: order_type=LIMIT')
    expect(refusal({ order_type: 'TRAILING_STOP', trail_amount: money(1), trail_pct: money(1) })).toBe(
      'INVALID_PRICE: order_type=TRAILING_STOP',
    )
    expect(refusal({ order_type: 'BRACKET' })).toBe('INVALID_PRICE: order_type=BRACKET')
    expect(refusal({ time_in_force: 'GTD', expires_at: at })).toBe('INVALID_EXPIRY: time_in_force=GTD')
  })

  it('rejects what cannot be traded', () => {
    expect(refusal({ instrument: index })).toBe('NOT_TRADABLE: instrument_id=SPX, asset_class=INDEX')
    expect(refusal({ instrument: { ...stock, instrument_id: 'GONE' } })).toBe('UNKNOWN_INSTRUMENT: instrument_id=GONE')
  })

  it('rejects a quantity that is not a whole number of lots above zero', () => {
    for (const quantity of ['0', '-5', '1.5']) {
      expect(refusal({ quantity: money(quantity) })).toBe(`INVALID_QUANTITY: quantity=${quantity}, lot=1`)
    }
  })

  it('rejects without a quote, without one on its side, and while the market is closed', () => {
    expect(refusal({}, { quote: null })).toBe('NO_QUOTE: instrument_id=AAPL')
    expect(refusal({ action: 'SELL' }, { quote: { ...quote, bid: money(0) } })).toBe('NO_QUOTE: instrument_id=AAPL')
    expect(refusal({}, { quote: { ...quote, open: false } })).toBe('MARKET_CLOSED: instrument_id=AAPL')
  })

  it('rejects what the account could not carry, with the figures', () => {
    // margin 25 % of 400 × 100.01; equity 10,000 − 400 × 100.03 − 2.0006 (0.5 bp of 40,012) + 400 × 100.01
    expect(refusal({ quantity: money(400) })).toBe('INSUFFICIENT_MARGIN: margin_after=10001, equity_after=9989.9994, currency=USD')
    // 399: 9,975.9975 ≤ 10,000 − 399 × 0.02 − 1.99559850
    expect(judged({ quantity: money(399) }).status).toBe('ACCEPTED')
  })

  it('never rejects what only closes, however deep the account is', () => {
    const ruined = account({ cash: { USD: money(-50_000) }, positions: [position(stock, 100, 20_000)] })
    expect(judged({ action: 'SELL' }, { account: ruined }).status).toBe('ACCEPTED')
    // One more than is held would turn it short.
    expect(refusal({ action: 'SELL', quantity: money(101) }, { account: ruined })).toMatch(/^INSUFFICIENT_MARGIN: /)
  })

  it('rejects growth that cannot be valued, and still closes', () => {
    expect(refusal({ instrument: german })).toBe('FX_UNAVAILABLE: currency=EUR')
    const holder = account({ positions: [position(german, 100, 10_000)] })
    expect(judged({ instrument: german, action: 'SELL' }, { account: holder }).status).toBe('ACCEPTED')
  })
})
