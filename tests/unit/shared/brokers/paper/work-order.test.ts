import { describe, expect, it } from 'vitest'
import type { PlaceRequest } from '../../../../../shared/brokers/broker.ts'
import { defaultFillModel } from '../../../../../shared/brokers/paper/fill-model.ts'
import { judgeOrder } from '../../../../../shared/brokers/paper/judge-order.ts'
import type { VenueQuote } from '../../../../../shared/brokers/paper/market-quote.ts'
import { reported } from '../../../../../shared/brokers/paper/reported.ts'
import { workOrder } from '../../../../../shared/brokers/paper/work-order.ts'
import type { PaperOrder } from '../../../../../shared/store/paper-book.ts'
import { account, money, request, stock } from './samples.ts'

/** Wednesday 14 January 2026 at 10:00 in New York, whose session ends at 21:00 UTC. */
const morning = new Date('2026-01-14T15:00:00Z')
const later = (seconds: number, from = morning) => new Date(from.getTime() + seconds * 1000)

const listed = { ...stock, calendar: 'XNYS' }
const quote = (bid: string, ask: string, changes: Partial<VenueQuote> = {}): VenueQuote => ({
  bid: money(bid),
  ask: money(ask),
  last: money(bid),
  as_of: morning,
  open: true,
  bid_size: money(1000),
  ask_size: money(1000),
  ...changes,
})

const judged = (asked: Partial<PlaceRequest>, first = quote('100', '100.02'), now = morning) =>
  judgeOrder(request({ instrument: listed, ...asked }), {
    account: account({ cash: { USD: money(1_000_000) } }),
    market: {
      instruments: new Map([[listed.instrument_id, listed]]),
      prices: new Map([[listed.instrument_id, money('100')]]),
      rates: new Map([['USD', money(1)]]),
    },
    quote: first,
    model: defaultFillModel,
    now,
  })

/** An order after looks at the market, each with its fills booked. */
const seen = (order: PaperOrder, ...looks: { quote: VenueQuote; now: Date }[]): PaperOrder =>
  looks.reduce((before, look) => {
    const next = workOrder(before, { ...look, traded: listed, model: defaultFillModel })
    return next.status === 'ACCEPTED' ? { ...next, status: next.after, booked: next.fills.length } : next
  }, order)

const look = (bid: string, ask: string, seconds: number, changes: Partial<VenueQuote> = {}) => ({
  quote: quote(bid, ask, { as_of: later(seconds), ...changes }),
  now: later(seconds),
})
const fills = ({ fills: all }: Pick<PaperOrder, 'fills'>) => all.map(({ action, quantity, price }) => `${action} ${quantity}@${price}`)
const statusOf = (order: PaperOrder) => reported(order).status

describe('a limit order', () => {
  it('takes what is shown within its limit on arrival, and rests with the rest', () => {
    const order = judged({ order_type: 'LIMIT', limit_price: money('100.04') }, quote('100', '100.02', { ask_size: money(30) }))
    // 100.02 and half a basis point is 100.03 in whole ticks; the next level is a tick worse.
    expect(fills(order)).toEqual(['BUY 30@100.03', 'BUY 30@100.04'])
    expect(order).toMatchObject({ status: 'ACCEPTED', after: 'WORKING' })
  })

  it('fills at its limit when the market comes to it, in parts as they are shown, and never twice from one quote', () => {
    const resting = judged({ order_type: 'LIMIT', limit_price: money(99), time_in_force: 'GTC' })
    expect(resting.status).toBe('WORKING')
    const part = look('98.9', '98.95', 1, { ask_size: money(60) })
    const once = seen(resting, part)
    expect(fills(once)).toEqual(['BUY 60@99'])
    expect(statusOf(once)).toBe('PARTIALLY_FILLED')
    expect(seen(once, part)).toBe(once)
    const whole = seen(once, look('98.9', '98.95', 2))
    expect(fills(whole)).toEqual(['BUY 60@99', 'BUY 40@99'])
    expect(statusOf(whole)).toBe('FILLED')
    // The least fee is paid once: 1 for the first part, then half a basis point of 3,960.
    expect(whole.fills.map(({ commission }) => commission.toString())).toEqual(['1', '0.198'])
  })

  it('with IOC keeps what it got, with FOK gets all or nothing', () => {
    const thin = quote('100', '100.02', { ask_size: money(30) })
    const ioc = judged({ order_type: 'LIMIT', limit_price: money('100.03'), time_in_force: 'IOC' }, thin)
    expect([fills(ioc), ioc.after]).toEqual([['BUY 30@100.03'], 'CANCELED'])
    const fok = judged({ order_type: 'LIMIT', limit_price: money('100.03'), time_in_force: 'FOK' }, thin)
    expect([fills(fok), fok.status]).toEqual([[], 'CANCELED'])
    expect(judged({ order_type: 'LIMIT', limit_price: money('100.03'), time_in_force: 'FOK' })).toMatchObject({ after: 'FILLED' })
  })

  it('ends with its session as a DAY order, at its time as a GTD order, and never as a GTC order', () => {
    const limit = { order_type: 'LIMIT', limit_price: money(90) } as const
    const evening = { quote: quote('100', '100.02', { open: false }), now: new Date('2026-01-14T21:00:00Z') }
    expect(statusOf(seen(judged(limit), evening))).toBe('EXPIRED')
    expect(statusOf(seen(judged({ ...limit, time_in_force: 'GTC' }), evening))).toBe('SUBMITTED')
    const noon = judged({ ...limit, time_in_force: 'GTD', expires_at: later(7200) })
    expect([statusOf(seen(noon, look('100', '100.02', 7199))), statusOf(seen(noon, look('80', '80.02', 7200)))]).toEqual([
      'SUBMITTED',
      'EXPIRED',
    ])
  })

  it('waits while the market is closed', () => {
    const night = new Date('2026-01-14T23:00:00Z')
    const order = judged({ order_type: 'LIMIT', limit_price: money(101) }, quote('100', '100.02', { open: false }), night)
    expect(order).toMatchObject({ status: 'WORKING', ends_at: new Date('2026-01-15T21:00:00Z') })
    expect(
      judged({ order_type: 'LIMIT', limit_price: money(101), time_in_force: 'IOC' }, quote('100', '100.02', { open: false }), night).reason,
    ).toBe('MARKET_CLOSED: instrument_id=AAPL')
  })
})

describe('a stop', () => {
  it('becomes a market order when the last price reaches it', () => {
    const order = judged({ action: 'SELL', order_type: 'STOP', stop_price: money(95) })
    expect(statusOf(seen(order, look('95.01', '95.03', 1)))).toBe('SUBMITTED')
    // The bid of 94 less half a basis point is 93.99 in whole ticks.
    expect(fills(seen(order, look('94', '94.02', 1)))).toEqual(['SELL 100@93.99'])
  })

  it('with a limit stays at its limit once it was reached', () => {
    const order = judged({ action: 'SELL', order_type: 'STOP_LIMIT', stop_price: money(95), limit_price: money('94.5') })
    const through = seen(order, look('94', '94.02', 1))
    expect([fills(through), through.triggered]).toEqual([[], true])
    expect(fills(seen(through, look('96', '96.02', 2)))).toEqual(['SELL 100@94.5'])
  })

  it.each([
    [{ trail_pct: money(5) }, '104.5'],
    [{ trail_amount: money(10) }, '100'],
  ])('trails the best price seen by %o', (trail, reachedAt) => {
    const order = judged({ action: 'SELL', order_type: 'TRAILING_STOP', ...trail })
    const risen = seen(order, look('110', '110.02', 1), look('106', '106.02', 2))
    expect([risen.extreme?.toString(), risen.triggered]).toEqual(['110', false])
    expect(seen(risen, look(money(reachedAt).plus('0.01').toString(), '111', 3)).triggered).toBe(false)
    expect(statusOf(seen(risen, look(reachedAt, '111', 3)))).toBe('FILLED')
  })
})

describe('an auction', () => {
  it('at the open fills at the first look after it', () => {
    const order = judged({ order_type: 'MARKET_ON_OPEN' })
    expect(order.active_from?.toISOString()).toBe('2026-01-15T14:30:00.000Z')
    expect(seen(order, look('100', '100.02', 60)).status).toBe('WORKING')
    const open = new Date('2026-01-15T14:30:01Z')
    expect(fills(seen(order, { quote: quote('102', '102.02', { as_of: open }), now: open }))).toEqual(['BUY 100@102.03'])
  })

  it('at the close fills at the last quote of the session, or ends', () => {
    const close = new Date('2026-01-14T21:00:00Z')
    const last = { quote: quote('101', '101.02', { as_of: close, open: false }), now: later(2, close) }
    expect(fills(seen(judged({ order_type: 'MARKET_ON_CLOSE' }), last))).toEqual(['BUY 100@101.03'])
    const limited = seen(judged({ order_type: 'LIMIT_ON_CLOSE', limit_price: money(101) }), last)
    expect([fills(limited), limited.status]).toEqual([[], 'EXPIRED'])
  })
})

describe('a bracket', () => {
  const bracket = judged({ order_type: 'BRACKET', stop_loss: money(95), take_profit: money(110) })

  it('enters, and then has two closing orders of its own', () => {
    const entered = seen({ ...bracket, status: bracket.after, booked: 1 })
    expect(reported(entered)).toMatchObject({
      status: 'FILLED',
      legs: [
        { role: 'STOP_LOSS', client_order_id: 'c1_SL', action: 'SELL', order_type: 'STOP', status: 'SUBMITTED' },
        { role: 'TAKE_PROFIT', client_order_id: 'c1_TP', action: 'SELL', order_type: 'LIMIT', status: 'SUBMITTED' },
      ],
    })
  })

  const entered: PaperOrder = { ...bracket, status: 'WORKING', booked: 1 }
  const legs = (order: PaperOrder) => reported(order).legs.map(({ role, status, filled_qty }) => `${role} ${status} ${filled_qty}`)

  it('is closed by its profit side at the limit, which ends the other', () => {
    const won = seen(entered, look('110.5', '110.52', 1))
    expect(fills(won).at(-1)).toBe('SELL 100@110')
    expect(legs(won)).toEqual(['STOP_LOSS CANCELED 0', 'TAKE_PROFIT FILLED 100'])
    expect(won.status).toBe('FILLED')
  })

  it('is closed by both sides where the profit side filled in part', () => {
    const part = seen(entered, look('110.5', '110.52', 1, { bid_size: money(40) }))
    expect(legs(part)).toEqual(['STOP_LOSS SUBMITTED 0', 'TAKE_PROFIT PARTIALLY_FILLED 40'])
    const stopped = seen(part, look('94', '94.02', 2))
    expect(legs(stopped)).toEqual(['STOP_LOSS FILLED 60', 'TAKE_PROFIT CANCELED 40'])
  })

  it('closes only what its entry filled before the entry ended', () => {
    const limited = judged(
      { order_type: 'BRACKET', limit_price: money('100.03'), stop_loss: money(95) },
      quote('100', '100.02', { ask_size: money(30) }),
    )
    const evening = { quote: quote('100', '100.02', { open: false }), now: new Date('2026-01-14T21:00:00Z') }
    const ended = seen({ ...limited, status: 'WORKING', booked: 1 }, evening)
    expect(reported(ended).status).toBe('EXPIRED')
    const next = new Date('2026-01-15T15:00:00Z')
    expect(fills(seen(ended, { quote: quote('94', '94.02', { as_of: next }), now: next })).at(-1)).toBe('SELL 30@93.99')
  })
})

describe('a pair of which one cancels the other', () => {
  const pair = judged({ action: 'SELL', order_type: 'OCO', limit_price: money(110), stop_price: money(95) })

  it('fills at the better side or at the worse, as one order', () => {
    expect(fills(seen(pair, look('111', '111.02', 1)))).toEqual(['SELL 100@110'])
    expect(fills(seen(pair, look('90', '90.02', 1)))).toEqual(['SELL 100@89.99'])
    const part = seen(pair, look('111', '111.02', 1, { bid_size: money(10) }))
    expect(fills(seen(part, look('90', '90.02', 2)))).toEqual(['SELL 10@110', 'SELL 90@89.99'])
  })
})
