import { describe, expect, it } from 'vitest'
import { documentedErrors } from '../../../../shared/brokers/alpaca/errors.ts'
import type { Broker } from '../../../../shared/brokers/broker.ts'
import { alpacaHouse, call, coin, future, money, request, share } from './house.ts'

const house = alpacaHouse()

const bodyOf = (code: number | null, message: string) => JSON.stringify(code === null ? { message } : { code, message })
const latestOrder = () => house.simulator().faults.orders.at(-1)
const statusOf = (broker: Broker, order: Parameters<Broker['getOrder']>[0]) => async () => (await broker.getOrder(order))?.status

describe('an order in Alpaca’s words', () => {
  const { limit, stop } = { limit: money('90.5'), stop: money('110') }
  it.each([
    ['MARKET', {}, { type: 'market', time_in_force: 'day' }],
    ['LIMIT', { limit_price: limit, time_in_force: 'GTC' as const }, { type: 'limit', time_in_force: 'gtc', limit_price: '90.5' }],
    ['STOP', { stop_price: stop }, { type: 'stop', time_in_force: 'day', stop_price: '110' }],
    ['STOP_LIMIT', { stop_price: stop, limit_price: money('111') }, { type: 'stop_limit', stop_price: '110', limit_price: '111' }],
    ['TRAILING_STOP', { trail_amount: money('2.5') }, { type: 'trailing_stop', trail_price: '2.5' }],
    ['TRAILING_STOP', { trail_pct: money('5') }, { type: 'trailing_stop', trail_percent: '5' }],
    ['MARKET_ON_OPEN', {}, { type: 'market', time_in_force: 'opg' }],
    ['MARKET_ON_CLOSE', {}, { type: 'market', time_in_force: 'cls' }],
    ['LIMIT_ON_OPEN', { limit_price: limit }, { type: 'limit', time_in_force: 'opg', limit_price: '90.5' }],
    ['LIMIT_ON_CLOSE', { limit_price: limit }, { type: 'limit', time_in_force: 'cls', limit_price: '90.5' }],
    [
      'BRACKET',
      { limit_price: limit, stop_loss: money('80'), take_profit: money('120') },
      { type: 'limit', order_class: 'bracket', take_profit: { limit_price: '120' }, stop_loss: { stop_price: '80' } },
    ],
    ['BRACKET', { stop_loss: money('80') }, { type: 'market', order_class: 'oto', stop_loss: { stop_price: '80' } }],
  ] as const)('%s %o', async (order_type, terms, body) => {
    const { broker, account_id } = house.open()
    const order = request(account_id, { order_type, quantity: money('3'), ...terms })
    expect(await broker.placeOrder(order)).toMatchObject({ kind: 'confirmed' })
    const fixed = { symbol: 'AAPL', qty: '3', side: 'buy', client_order_id: order.client_order_id }
    expect(latestOrder()).toMatchObject({ ...fixed, ...body })
    expect((await broker.getOrder(order))?.order_type).toBe(order_type)
  })

  it('trades coins by the pair, in parts, and until canceled where a day was asked for', async () => {
    const { broker, account_id } = house.open()
    const order = request(account_id, { instrument: coin, quantity: money('0.00012345') })
    expect(await broker.placeOrder(order)).toMatchObject({ kind: 'confirmed' })
    expect(latestOrder()).toEqual({
      symbol: 'BTC/USD',
      qty: '0.00012345',
      side: 'buy',
      client_order_id: order.client_order_id,
      time_in_force: 'gtc',
      type: 'market',
    })
    await expect.poll(statusOf(broker, order)).toBe('FILLED')
    expect(await broker.getOrder(order)).toMatchObject({ instrument_id: 'CRYPTO:BTCUSD', symbol: 'BTCUSD' })
    expect((await broker.positions(account_id)).map(each => `${each.instrument_id} ${each.quantity}`)).toEqual(['CRYPTO:BTCUSD 0.00012345'])
  })

  it('trades options by their OCC symbol, and closes them only where they are held', async () => {
    const { broker, account_id } = house.open()
    await broker.placeOrder(request(account_id, { instrument: call, quantity: money('2') }))
    await expect.poll(async () => (await broker.positions(account_id)).length).toBe(1)
    const exit = request(account_id, { instrument: call, action: 'SELL', is_exit: true, quantity: money('2') })
    expect(await broker.placeOrder(exit)).toMatchObject({ kind: 'confirmed' })
    expect(latestOrder()).toMatchObject({ symbol: 'AAPL261218C00250000', position_intent: 'sell_to_close' })
    await expect.poll(async () => broker.positions(account_id)).toEqual([])
    const again = { ...exit, client_order_id: 'again' }
    expect(await broker.placeOrder(again)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('position intent mismatch') })
  })

  it.each([
    ['a future', { instrument: future }, 'UNSUPPORTED_ORDER_TYPE'],
    [
      'a bracket of coins',
      { instrument: coin, order_type: 'BRACKET', stop_loss: money('1'), take_profit: money('2') },
      'UNSUPPORTED_ORDER_TYPE',
    ],
    ['a trailing stop of options', { instrument: call, order_type: 'TRAILING_STOP', trail_pct: money('5') }, 'UNSUPPORTED_ORDER_TYPE'],
    ['an option until canceled', { instrument: call, time_in_force: 'GTC' }, 'UNSUPPORTED_ORDER_TYPE'],
    ['coins, all or nothing', { instrument: coin, time_in_force: 'FOK' }, 'UNSUPPORTED_ORDER_TYPE'],
    ['good till a date', { time_in_force: 'GTD', expires_at: new Date('2030-01-01') }, 'UNSUPPORTED_ORDER_TYPE'],
    ['a stop at once', { order_type: 'STOP', stop_price: money('110'), time_in_force: 'IOC' }, 'UNSUPPORTED_ORDER_TYPE'],
    ['half a share until canceled', { quantity: money('0.5'), time_in_force: 'GTC' }, 'INVALID_QUANTITY'],
    ['half an option', { instrument: call, quantity: money('0.5') }, 'INVALID_QUANTITY'],
    ['nothing', { quantity: money('0') }, 'INVALID_QUANTITY'],
    ['a limit without price', { order_type: 'LIMIT' }, 'INVALID_PRICE'],
    ['a tenth of a cent', { order_type: 'LIMIT', limit_price: money('100.001') }, 'INVALID_PRICE'],
  ] as const)('denies %s without asking', async (_what, terms, code) => {
    const { broker, account_id } = house.open()
    const before = house.simulator().faults.seen.length
    expect(await broker.placeOrder(request(account_id, terms))).toMatchObject({ kind: 'rejected', reason: expect.stringContaining(code) })
    expect(house.simulator().faults.seen.length).toBe(before)
  })
})

describe('what an error means for an order', () => {
  const rows = documentedErrors.filter(({ meaning }) => meaning !== 'taken')
  it.each(rows)('$status $code: $when is $meaning', async ({ status, code, meaning }) => {
    const { broker, account_id } = house.open()
    house.simulator().faults.add({ of: 'POST /v2/orders', kind: 'answer', status, body: bodyOf(code, 'so it says') })
    expect(await broker.placeOrder(request(account_id))).toMatchObject({
      kind: meaning,
      reason: expect.stringContaining(`status=${status}`),
    })
    expect(house.simulator().faults.orders.length).toBe(house.simulator().faults.orders.length)
  })

  it.each([
    ['a page of a proxy with 403', { status: 403, body: '<html>blocked</html>' }],
    ['a page with 200', { status: 200, body: '<html>sign in</html>' }],
    ['nothing with 200', { status: 200, body: '' }],
    ['an order without id', { status: 200, body: '{"status":"new"}' }],
    ['half an order', { status: 200, body: '{"id":"1","stat' }],
    ['a redirect', { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/' } }],
    ['520 of a gateway', { status: 520, body: 'unknown error' }],
  ])('%s leaves it unknown', async (_what, answer) => {
    const { broker, account_id } = house.open()
    house.simulator().faults.add({ of: 'POST /v2/orders', kind: 'answer', carried_out: true, ...answer })
    const order = request(account_id)
    expect(await broker.placeOrder(order)).toMatchObject({ kind: 'unknown' })
    expect((await broker.getOrder(order))?.client_order_id).toBe(order.client_order_id)
  })

  it('a broken connection and a late answer leave it unknown, and nothing is sent twice', async () => {
    const { broker, account_id } = house.open({}, { deadline_ms: 150 })
    const { faults } = house.simulator()
    const sent = () => faults.seen.filter(each => each === 'POST /v2/orders').length
    const before = sent()
    faults.add({ of: 'POST /v2/orders', kind: 'reset' }, { of: 'POST /v2/orders', kind: 'delay', delay_ms: 400 })
    expect(await broker.placeOrder(request(account_id))).toMatchObject({ kind: 'unknown' })
    expect(await broker.placeOrder(request(account_id))).toMatchObject({ kind: 'unknown', reason: expect.stringContaining('TimeoutError') })
    expect(sent()).toBe(before + 2)
  })

  it('a client id that was used is answered with the order that has it', async () => {
    const { broker, account_id } = house.open()
    const order = request(account_id, { order_type: 'LIMIT', limit_price: money('90') })
    const first = await broker.placeOrder(order)
    const second = await broker.placeOrder(order)
    expect(second).toMatchObject({ kind: 'confirmed', broker_order_id: first.kind === 'confirmed' && first.broker_order_id })
  })

  it('the venue’s own refusals are told in its words', async () => {
    const { broker, account_id, account } = house.open({ cash: '1000' })
    expect(await broker.placeOrder(request(account_id, { quantity: money('1000') }))).toEqual({
      kind: 'rejected',
      reason: 'ALPACA: status=403, code=40310000, message=insufficient buying power',
    })
    const coins = request(account_id, { instrument: coin, action: 'SELL' })
    expect(await broker.placeOrder(coins)).toMatchObject({ reason: expect.stringContaining('insufficient balance for BTC') })
    await broker.placeOrder(request(account_id, { order_type: 'LIMIT', limit_price: money('90') }))
    const opposite = request(account_id, { action: 'SELL', order_type: 'STOP', stop_price: money('80') })
    expect(await broker.placeOrder(opposite)).toMatchObject({ reason: expect.stringContaining('wash trade') })
    account.blocked = true
    expect(await broker.placeOrder(request(account_id))).toMatchObject({ reason: expect.stringContaining('account is blocked') })
  })
})

describe('an order that changes', () => {
  it('keeps its name, its fills and its quantity through replacements', async () => {
    const { broker, account_id, account } = house.open()
    const simulator = house.simulator()
    simulator.world.pieces = 4
    const order = request(account_id, { order_type: 'LIMIT', limit_price: money('100.02'), quantity: money('8'), time_in_force: 'GTC' })
    await broker.placeOrder(order)
    await expect.poll(statusOf(broker, order)).toBe('PARTIALLY_FILLED')
    simulator.world.pieces = 1
    simulator.price('AAPL', '101', '101.02')
    expect(await broker.modifyOrder({ ...order, changes: { limit_price: money('95'), quantity: money('10') } })).toMatchObject({
      kind: 'confirmed',
    })
    expect(await broker.modifyOrder({ ...order, changes: { limit_price: money('96') } })).toMatchObject({ kind: 'confirmed' })
    expect(account.orders.map(each => `${each.client_order_id.replace(order.client_order_id, 'X')} ${each.status}`)).toEqual([
      'X replaced',
      'X~1 replaced',
      'X~2 partially_filled',
    ])
    const [open] = await broker.openOrders(account_id)
    expect(open).toMatchObject({ client_order_id: order.client_order_id, status: 'PARTIALLY_FILLED' })
    expect(`${open?.quantity} ${open?.filled_qty} ${open?.limit_price} ${open?.fills.length}`).toBe('10 2 96 1')
    simulator.price('AAPL', '95.98', '96')
    await expect.poll(statusOf(broker, order)).toBe('FILLED')
    const fills = (await broker.executions(account_id, new Date(0))).map(each => `${each.client_order_id} ${each.quantity} ${each.price}`)
    expect(fills).toEqual([`${order.client_order_id} 2 100.02`, `${order.client_order_id} 8 96`])
    // Another process, which has seen none of it, tells the same.
    const other = house.brokerOf([{ account_id, secret: [...house.secrets.keys()].at(-1) ?? '' }])
    const seen = await other.executions(account_id, new Date(0))
    expect(seen.map(each => each.client_order_id)).toEqual([order.client_order_id, order.client_order_id])
    simulator.price('AAPL', '100', '100.02')
  })

  it('is not changed twice where the answer to a change was lost', async () => {
    const { broker, account_id, account } = house.open()
    const order = request(account_id, { order_type: 'LIMIT', limit_price: money('90'), time_in_force: 'GTC' })
    await broker.placeOrder(order)
    house.simulator().faults.add({ of: 'PATCH /v2/orders', kind: 'lost_answer' })
    const change = { ...order, changes: { limit_price: money('91') } }
    expect(await broker.modifyOrder(change)).toMatchObject({ kind: 'unknown' })
    expect(await broker.modifyOrder(change)).toMatchObject({ kind: 'confirmed' })
    expect(account.orders).toHaveLength(2)
    expect(
      await broker.cancelOrder({ account_id, client_order_id: order.client_order_id, broker_order_id: account.orders[0]?.id ?? null }),
    ).toMatchObject({
      kind: 'confirmed',
    })
    expect(await statusOf(broker, order)()).toBe('CANCELED')
  })

  it('an order that has filled cannot be canceled, and says so', async () => {
    const { broker, account_id } = house.open()
    const order = request(account_id)
    await broker.placeOrder(order)
    await expect.poll(statusOf(broker, order)).toBe('FILLED')
    expect(await broker.cancelOrder(order)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('already in') })
    house.simulator().faults.add({ of: 'DELETE /v2/orders', kind: 'lost_answer' })
    expect(await broker.cancelOrder({ ...order, broker_order_id: 'x' })).toMatchObject({ kind: 'unknown' })
  })

  it('tells an OCO as one order with the fills of either side, and changes both', async () => {
    const { broker, account_id } = house.open()
    const simulator = house.simulator()
    await broker.placeOrder(request(account_id, { quantity: money('5') }))
    await expect.poll(async () => (await broker.positions(account_id)).length).toBe(1)
    const terms = { action: 'SELL', quantity: money('5'), order_type: 'OCO', limit_price: money('120'), stop_price: money('80') } as const
    const order = request(account_id, { ...terms, is_exit: true, time_in_force: 'GTC' })
    expect(await broker.placeOrder(order)).toMatchObject({ kind: 'confirmed' })
    expect(await broker.getOrder(order)).toMatchObject({ order_type: 'OCO', status: 'SUBMITTED', legs: [] })
    expect(await broker.modifyOrder({ ...order, changes: { stop_price: money('85') } })).toMatchObject({ kind: 'confirmed' })
    expect((await broker.getOrder(order))?.stop_price?.toString()).toBe('85')
    simulator.price('AAPL', '84.5', '84.6')
    await expect.poll(statusOf(broker, order)).toBe('FILLED')
    const seen = await broker.getOrder(order)
    expect(seen?.fills.map(({ price, quantity }) => `${quantity} at ${price}`)).toEqual(['5 at 84.5'])
    const told = await broker.executions(account_id, new Date(0))
    expect(told.at(-1)).toMatchObject({ client_order_id: order.client_order_id })
    simulator.price('AAPL', '100', '100.02')
  })

  it('tells the closing orders of a bracket by names of ours, wherever they show', async () => {
    const { broker, account_id } = house.open()
    const order = request(account_id, { order_type: 'BRACKET', stop_loss: money('80'), take_profit: money('120') })
    await broker.placeOrder(order)
    await expect.poll(statusOf(broker, order)).toBe('FILLED')
    // The entry is listed no more, its closing orders are.
    const fresh = house.brokerOf([{ account_id, secret: [...house.secrets.keys()].at(-1) ?? '' }])
    const [entry, ...others] = await fresh.openOrders(account_id)
    expect(others).toEqual([])
    expect(entry).toMatchObject({ client_order_id: order.client_order_id, status: 'FILLED', order_type: 'BRACKET' })
    const id = { account_id, client_order_id: `${order.client_order_id}_TP` }
    expect(await fresh.getOrder(id)).toMatchObject({ role: 'TAKE_PROFIT', status: 'SUBMITTED', action: 'SELL', symbol: share.symbol })
    expect(await fresh.cancelOrder(id)).toMatchObject({ kind: 'confirmed' })
    expect((await fresh.getOrder(order))?.legs.map(({ status }) => status)).toEqual(['CANCELED', 'CANCELED'])
  })

  it('fills auctions when they are held, and lets a day’s orders expire', async () => {
    const { broker, account_id } = house.open()
    const opening = request(account_id, { order_type: 'MARKET_ON_OPEN' })
    const resting = request(account_id, { order_type: 'LIMIT', limit_price: money('90') })
    for (const each of [opening, resting]) await broker.placeOrder(each)
    house.simulator().auction('opg')
    expect(await statusOf(broker, opening)()).toBe('FILLED')
    house.simulator().endDay()
    expect(await statusOf(broker, resting)()).toBe('EXPIRED')
  })
})
