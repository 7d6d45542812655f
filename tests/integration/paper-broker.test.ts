import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { type Broker, BrokerError, type PlaceRequest } from '../../shared/brokers/broker.ts'
import { signed } from '../../shared/domain/account/book-fill.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import { coin, future, german, money, option, request, shown, stock } from '../unit/shared/brokers/paper/samples.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()

const place = (broker: Broker, account_id: string, changes: Partial<PlaceRequest> = {}) =>
  broker.placeOrder(request({ account_id, quantity: money(10), ...changes }))

describe('a market order on paper', () => {
  it('is confirmed, filled and booked, and can be asked for', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    expect(await place(broker, account_id)).toMatchObject({
      kind: 'confirmed',
      broker_order_id: `paper-${account_id}-c1`,
      order: { status: 'FILLED' },
    })
    const order = await broker.getOrder({ account_id, client_order_id: 'c1' })
    expect(order).toMatchObject({ status: 'FILLED', reason: null })
    // 100.02 × 1.00005 → 100.03; the least fee
    expect(order?.fills.map(({ price, quantity, commission }) => shown({ price, quantity, commission }))).toEqual([
      { price: '100.03', quantity: '10', commission: '1' },
    ])
    const { cash, held, account, fills } = await house.book(account_id)
    expect({ cash, held, pending: account.pending_fills, fills: fills.length }).toEqual({
      cash: '998998.7', // 1,000,000 − 1,000.3 − 1
      held: ['AAPL 10'],
      pending: [],
      fills: 1,
    })
  })

  it('fills in parts when it exceeds what is shown', async () => {
    const account_id = await house.account()
    await house.quoted('BTC-USD', '60000', '60001', '60000', { ask_size: money('0.5') })
    const broker = house.broker()
    await place(broker, account_id, { instrument: coin, quantity: money('1.2') })
    const order = await broker.getOrder({ account_id, client_order_id: 'c1' })
    // 60,001 × 1.00005 = 60,004.00005 → 60,004.01, then a tick worse each
    expect(order?.fills.map(({ price, quantity }) => `${quantity}@${price}`)).toEqual(['0.5@60004.01', '0.5@60004.02', '0.2@60004.03'])
    expect(order?.filled_qty.toString()).toBe('1.2')
  })

  it('is rejected with a reason that stays, and moves nothing', async () => {
    const account_id = await house.account('MARGIN', 100)
    const broker = house.broker()
    const refused = await place(broker, account_id)
    // 250.025 of margin; 100 − 10 × 0.02 − 1
    expect(refused).toEqual({ kind: 'rejected', reason: 'INSUFFICIENT_MARGIN: margin_after=250.025, equity_after=98.8, currency=USD' })
    expect(await place(broker, account_id)).toEqual(refused)
    expect(await broker.getOrder({ account_id, client_order_id: 'c1' })).toMatchObject({ status: 'REJECTED', fills: [] })
    expect((await house.book(account_id)).cash).toBe('100')
  })

  it('is not filled at a stored quote older than two seconds, but at the market’s answer', async () => {
    const account_id = await house.account()
    const { as_of, ...late } = {
      as_of: '2026-03-02T15:00:03Z',
      bid: '99',
      ask: '101',
      last: '100',
      bid_size: '5',
      ask_size: '50',
      open: true,
    }
    const market = createServer((asked, answer) => {
      const closed = asked.url === '/quotes/SAP'
      answer.end(JSON.stringify({ ...late, as_of, open: !closed }))
    })
    await new Promise<void>(ready => market.listen(0, '127.0.0.1', ready))
    const now = () => new Date('2026-03-02T15:00:03Z')
    const broker = house.broker({ now, marketUrl: `http://127.0.0.1:${(market.address() as AddressInfo).port}` })
    await place(broker, account_id)
    // 101 × 1.00005 = 101.00505 → 101.01
    expect((await broker.getOrder({ account_id, client_order_id: 'c1' }))?.fills.map(each => String(each.price))).toEqual(['101.01'])
    expect(await place(broker, account_id, { client_order_id: 'c2', instrument: german })).toMatchObject({
      reason: 'MARKET_CLOSED: instrument_id=SAP',
    })
    await new Promise(closed => market.close(closed))
    await expect(place(broker, account_id, { client_order_id: 'c3' })).rejects.toThrow('NO_QUOTE: instrument_id=AAPL')
    expect(await house.broker({ now }).quote(stock)).toBeNull()
  })

  it('cannot be canceled once filled, nor before it is known', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    await place(broker, account_id)
    const cancel = (client_order_id: string) => broker.cancelOrder({ account_id, client_order_id })
    expect(await cancel('c1')).toEqual({ kind: 'rejected', reason: 'ALREADY_FILLED: client_order_id=c1' })
    expect(await cancel('c9')).toEqual({ kind: 'rejected', reason: 'NOT_FOUND: client_order_id=c9' })
    expect(await broker.getOrder({ account_id, client_order_id: 'c9' })).toBeNull()
    expect(await broker.openOrders(account_id)).toEqual([])
  })

  it('is refused where another order has its client id', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    await place(broker, account_id)
    expect(await place(broker, account_id, { action: 'SELL' })).toEqual({
      kind: 'rejected',
      reason: 'DUPLICATE_CLIENT_ORDER_ID: client_order_id=c1, instrument_id=AAPL, action=BUY, quantity=10',
    })
  })

  it('costs three writes, and two reads where all is in the account’s currency and its instrument is new to the process', async () => {
    const account_id = await house.account()
    const commands: string[] = []
    await place(house.broker({ store: house.observed(name => commands.push(name)) }), account_id)
    expect(commands).toEqual([
      'paper_accounts.aggregate',
      'instruments.aggregate',
      'paper_orders.insertOne',
      'paper_accounts.updateOne',
      'client.bulkWrite',
    ])
  })

  it('is told its instrument once by a database that it asks again within a second', async () => {
    const account_id = await house.account()
    const commands: string[] = []
    const broker = house.broker({ store: house.observed(name => commands.push(name)) })
    await place(broker, account_id)
    await place(broker, account_id, { client_order_id: 'c2' })
    expect(commands.filter(name => name.startsWith('instruments.'))).toEqual(['instruments.aggregate'])
  })
})

describe('orders on one account at the same time', () => {
  it('are all booked once, from two brokers, and no cent is lost', async () => {
    const account_id = await house.account()
    const brokers = [house.broker(), house.broker()]
    const placed = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        place(brokers[n % 2] as Broker, account_id, {
          client_order_id: `c${n}`,
          action: n % 3 === 0 ? 'SELL' : 'BUY',
          instrument: n % 5 === 0 ? future : stock,
          quantity: money(n % 5 === 0 ? 1 : 1 + n),
        }),
      ),
    )
    expect(placed.map(({ kind }) => kind)).toEqual(Array(50).fill('confirmed'))
    const { account, orders, fills, cash } = await house.book(account_id)
    expect({ filled: orders.filter(({ status }) => status === 'FILLED').length, fills: fills.length, version: account.version }).toEqual({
      filled: 50,
      fills: 50,
      version: 51,
    })
    expect(account.pending_fills).toEqual([])
    const multiplierOf = (id: string) => (id === future.instrument_id ? future : stock).multiplier
    const paid = sum(
      fills.map(each => signed(each.action, each.quantity).times(each.price).times(multiplierOf(each.instrument_id)).plus(each.commission)),
    )
    // The cost of the future that is open was not paid: it is still owed.
    const owed = sum(account.positions.filter(each => each.instrument_id === future.instrument_id).map(each => each.cost))
    expect(cash).toBe(money(1_000_000).minus(paid).plus(owed).toString())
  })

  it('under one client id are one order with one set of fills', async () => {
    const account_id = await house.account()
    const brokers = [house.broker(), house.broker()]
    const placed = await Promise.all(Array.from({ length: 20 }, (_, n) => place(brokers[n % 2] as Broker, account_id)))
    expect(placed).toMatchObject(Array(20).fill({ kind: 'confirmed', broker_order_id: `paper-${account_id}-c1` }))
    const { cash, held, orders, fills, account } = await house.book(account_id)
    expect({ cash, held, orders: orders.length, fills: fills.length, pending: account.pending_fills }).toEqual({
      cash: '998998.7',
      held: ['AAPL 10'],
      orders: 1,
      fills: 1,
      pending: [],
    })
  })
})

describe('balance and positions on paper', () => {
  it('are told in the account’s currency, positions in their own', async () => {
    const account_id = await house.account('MARGIN', 10_000)
    const broker = house.broker()
    await place(broker, account_id, { instrument: german })
    // 180.02 × 1.00005 = 180.029001 → 180.03; 1,800.3 + 1 EUR at 1.1; 10 × 180 × 1.1 = 1,980 of value, a quarter of it margin
    expect(shown(await broker.balance(account_id))).toEqual({
      account_id,
      cash: '8018.57', // 10,000 − 1,801.3 × 1.1
      equity: '9998.57',
      margin_used: '495',
      margin_available: '9503.57',
      unrealized_pnl: '-0.33', // (1,800 − 1,800.3) × 1.1
      realized_pnl: '0',
    })
    expect((await broker.positions(account_id)).map(shown)).toEqual([
      {
        account_id,
        instrument_id: 'SAP',
        symbol: 'SAP',
        side: 'LONG',
        quantity: '10',
        avg_price: '180.03',
        current_price: '180',
        unrealized_pnl: '-0.3',
      },
    ])
  })

  it.each([
    // 4,999.75 − 2 fee lies on 50 × 5,000: sold at 5,000 × 0.99995 = 4,999.75; fee 0.1 bp of 249,987.5 = 2.499875
    ['FUTURES', future, 'SELL', 1, { equity: '99985.000125', margin_used: '15000', cash: '99997.500125' }],
    // bought at 2.51 × 1.00005 → 2.52; 3 × 252 + 1; worth 3 × 250
    ['OPTIONS', option, 'BUY', 3, { equity: '99993', margin_used: '750', cash: '99243' }],
    // 1,500 × … two prices: 1,000 × 100.03 + 500 × 100.04 + 7.5025; the cash is 50,057.5025 short; worth 150,015
    ['CASH', stock, 'BUY', 1500, { equity: '99957.4975', margin_used: '50057.5025', cash: '-50057.5025' }],
    // 60,000 × 0.99995 = 59,997; 1 sold short; fee 10 bp = 59.997
    ['CRYPTO', coin, 'SELL', 1, { equity: '99937.003', margin_used: '60000', cash: '159937.003' }],
  ] as const)('of a %s account are as counted by hand', async (type, instrument, action, quantity, expected) => {
    await house.quoted('BTC-USD', '60000', '60001', '60000')
    const account_id = await house.account(type, 100_000)
    const broker = house.broker()
    expect(await place(broker, account_id, { instrument, action, quantity: money(quantity) })).toMatchObject({ kind: 'confirmed' })
    expect(shown(await broker.balance(account_id))).toMatchObject(expected)
  })

  it('are refused where a rate or a price is missing, and for an account that is not open', async () => {
    const account_id = await house.account()
    const broker = house.broker()
    await place(broker, account_id)
    await house.store.db.collection('paper_accounts').updateOne({ account_id }, { $set: { 'cash.JPY': money(5) } as object })
    await expect(broker.balance(account_id)).rejects.toThrow(new BrokerError('FX_UNAVAILABLE: currency=JPY'))
    await house.store.db.collection('quotes').deleteOne({ instrument_id: 'AAPL' })
    await expect(broker.positions(account_id)).rejects.toThrow(new BrokerError('PRICE_UNAVAILABLE: instrument_id=AAPL'))
    await house.quoted('AAPL', '100', '100.02', '100.01')
    await expect(broker.balance('NOBODY')).rejects.toThrow(new BrokerError('UNKNOWN_ACCOUNT: account_id=NOBODY'))
    expect(await place(broker, 'NOBODY')).toEqual({ kind: 'rejected', reason: 'UNKNOWN_ACCOUNT: account_id=NOBODY' })
  })
})
