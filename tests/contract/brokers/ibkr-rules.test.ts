import { describe, expect, it } from 'vitest'
import { money } from '../../simulators/ibkr/venue.ts'
import { becomes, opened } from './ibkr-harness.ts'

// What Interactive Brokers does and no other broker: rule 23, and all that brokers.md says that its gateway may do.

describe('orders of Interactive Brokers', () => {
  it('counts one fill however often its status is told, and takes executions that come before their order', async () => {
    const { simulator, broker, order, status } = await opened()
    Object.assign(simulator.faults, { duplicate_statuses: true, execution_first: true, partials: 2 })
    const asked = order({ quantity: money('5') })
    expect((await broker.placeOrder(asked)).kind).toBe('confirmed')
    await becomes(() => status(asked), 'FILLED')
    const seen = await broker.getOrder(asked)
    expect(seen?.fills.map(({ quantity, price }) => `${quantity} ${price}`)).toEqual(['2 100.02', '3 100.02'])
    expect(seen?.broker_order_id).toBe(String(simulator.book.orders[0]?.perm_id))
  })

  it('waits for a commission that comes late, and lives with one that never comes', async () => {
    const { simulator, broker, account_id, order } = await opened()
    simulator.faults.commission = 'missing'
    await broker.placeOrder(order())
    const told = async () =>
      (await broker.executions(account_id, new Date(0))).map(each => `${each.commission} ${each.commission_pending ?? false}`)
    await becomes(told, ['0 true'])
    simulator.book.tellCommissions()
    await becomes(told, ['1 false'])
  })

  it('replaces an execution by its correction, in whatever order they come', async () => {
    const { simulator, broker, order, status } = await opened()
    const asked = order()
    await broker.placeOrder(asked)
    await becomes(() => status(asked), 'FILLED')
    const first = simulator.book.executions[0]?.exec_id ?? ''
    expect(first).toMatch(/\.01$/)
    simulator.book.correct(first, '100.05')
    const fills = async () => (await broker.getOrder(asked))?.fills.map(fill => [fill.execution_id, String(fill.price), fill.corrects])
    const second = first.replace(/01$/, '02')
    await becomes(fills, [[second, '100.05', first]])
    // Both are listed from now on.
    await broker.executions(asked.account_id, new Date(0))
    expect(await fills()).toEqual([[second, '100.05', first]])
  })

  it('takes 399 for a warning, 201 for a rejection, 202 for a cancel, 10147 for a cancel refused', async () => {
    const { simulator, broker, resting, status } = await opened()
    simulator.faults.warnings.push({ code: 399, message: 'Order Message: your order will not be placed until 09:30' })
    const warned = resting()
    expect((await broker.placeOrder(warned)).kind).toBe('confirmed')
    expect((await broker.getOrder(warned))?.status).toBe('SUBMITTED')
    simulator.faults.refusals.push({ code: 201, message: 'Order rejected - reason: no' })
    expect(await broker.placeOrder(resting())).toEqual({ kind: 'rejected', reason: '201: Order rejected - reason: no' })
    expect((await broker.cancelOrder(warned)).kind).toBe('confirmed')
    expect(await status(warned)).toBe('CANCELED')
    const other = resting()
    await broker.placeOrder(other)
    simulator.book.orders.splice(0)
    expect(await broker.cancelOrder(other)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('10147') })
  })

  it('reads an advanced rejection, and goes on after one that is malformed', async () => {
    const { simulator, broker, resting } = await opened()
    const { refusals } = simulator.faults
    refusals.push(
      { code: 201, message: 'Order rejected', json: '{"8229":"x"}' },
      { code: 201, message: 'Order rejected', json: '{"8229":' },
    )
    expect((await broker.placeOrder(resting())).kind).toBe('rejected')
    expect((await broker.placeOrder(resting())).kind).toBe('rejected')
    await becomes(() => broker.status(), 'CONNECTED')
    expect((await broker.placeOrder(resting())).kind).toBe('confirmed')
  })

  it('counts a fill that comes while its cancel is pending', async () => {
    const { simulator, broker, resting, status } = await opened()
    const asked = resting()
    await broker.placeOrder(asked)
    simulator.faults.fill_on_cancel = 1
    expect((await broker.cancelOrder(asked)).kind).toBe('rejected')
    expect(await status(asked)).toBe('FILLED')
  })

  it('numbers orders above every number it saw, and takes the next one where 103 says that it was used', async () => {
    const { simulator, broker, resting, placed } = await opened()
    simulator.faults.refusals.push({ code: 103, message: 'Duplicate order id' })
    expect((await broker.placeOrder(resting())).kind).toBe('confirmed')
    const [first = 0, second = 0] = placed().map(([, id]) => Number(id))
    expect(second).toBeGreaterThan(first)
    expect(simulator.book.orders).toHaveLength(1)
  })

  it('sends an order again under its own number, so that two of it are one', async () => {
    const { simulator, broker, resting, placed } = await opened()
    const asked = resting()
    simulator.faults.refusals.push({ code: 0, message: '' })
    expect((await broker.placeOrder(asked)).kind).toBe('unknown')
    await broker.placeOrder(asked)
    expect(new Set(placed().map(([, id]) => id)).size).toBeLessThanOrEqual(2)
    expect(simulator.book.orders.filter(({ order_ref }) => order_ref === asked.client_order_id)).toHaveLength(1)
  })

  it('says of every order whether it may go, and of a bracket only with its last part', async () => {
    const { simulator, broker, order, resting, placed } = await opened()
    await broker.placeOrder(resting())
    await broker.placeOrder(order({ order_type: 'BRACKET', limit_price: money('90'), stop_loss: money('80'), take_profit: money('120') }))
    const parts = placed().map(message => [message[26], message[27], message[28]])
    const entry = placed()[1]?.[1]
    expect(parts).toEqual([
      ['o1', '1', ''],
      ['o2', '0', ''],
      ['o2_TP', '0', entry],
      ['o2_SL', '1', entry],
    ])
    expect(simulator.book.orders.every(({ transmit }) => transmit)).toBe(true)
  })

  it('opens no bracket whose stop is refused', async () => {
    const { simulator, broker, order } = await opened()
    const { refusals } = simulator.faults
    const asked = order({ order_type: 'BRACKET', limit_price: money('90'), stop_loss: money('80') })
    // The entry passes, its stop does not.
    const shift = refusals.shift.bind(refusals)
    let taken = 0
    refusals.shift = () => (++taken === 2 ? { code: 201, message: 'Order rejected - reason: stop' } : shift())
    expect(await broker.placeOrder(asked)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('stop') })
    await becomes(async () => simulator.book.orders.map(each => each.status), ['Cancelled'])
  })

  it('tells both sides of an OCO as one order, and ends one with the other', async () => {
    const { simulator, broker, order, status } = await opened()
    const asked = order({ action: 'SELL', order_type: 'OCO', limit_price: money('120'), stop_price: money('80') })
    await broker.placeOrder(asked)
    expect(await broker.openOrders(asked.account_id)).toMatchObject([{ client_order_id: 'o1', order_type: 'OCO' }])
    expect(new Set(simulator.book.orders.map(each => each.oca_group))).toEqual(new Set(['o1']))
    simulator.price('AAPL', '79', '79.02')
    await becomes(() => status(asked), 'FILLED')
    expect((await broker.getOrder(asked))?.fills.map(({ price }) => String(price))).toEqual(['79'])
  })

  it('lists orders of other clients and by hand, and touches none of them', async () => {
    const { simulator, broker, account_id, order } = await opened()
    const [theirs, byHand] = [99, 0].map(client_id => simulator.foreignOrder('AAPL', { client_id, order_ref: '' }))
    const listed = await broker.openOrders(account_id)
    expect(listed.map(each => [each.broker_order_id, each.client_order_id])).toEqual([
      [String(theirs?.perm_id), null],
      [String(byHand?.perm_id), null],
    ])
    for (const { broker_order_id } of listed) {
      const id = { ...order(), client_order_id: 'x', broker_order_id }
      expect(await broker.cancelOrder(id)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('NOT_OF_THIS_CLIENT') })
    }
    expect(await broker.openOrders(account_id)).toHaveLength(2)
  })

  it('tells what an instrument closed at, without today, and asks no more often than TWS lets it', async () => {
    for (const version of [166, 193]) {
      const { broker, instruments } = await opened({ version, now: () => new Date('2026-03-06T18:00:00Z') })
      const closes = await broker.dailyCloses?.(instruments.stock, 3)
      expect(closes?.map(({ day, close }) => `${day} ${close}`)).toEqual(['2026-03-03 99.97', '2026-03-04 99.98', '2026-03-05 99.99'])
    }
    const { broker, simulator, instruments } = await opened()
    const asked = await Promise.allSettled(Array.from({ length: 55 }, () => broker.dailyCloses?.(instruments.stock, 3)))
    expect(asked.filter(({ status }) => status === 'rejected')).toHaveLength(5)
    expect(simulator.seen.filter(({ message }) => message[0] === '20')).toHaveLength(50)
  })

  it('takes every class of instrument', async () => {
    const { simulator, broker, resting, instruments, status } = await opened()
    for (const [instrument, local_symbol, price] of [
      [instruments.option, 'AAPL  301220C00250000', '1.05'],
      [instruments.future, 'ESZ0', '5000.25'],
      [instruments.pair, 'EUR.USD', '1.08005'],
      [instruments.coin, 'BTC.USD', '60000.25'],
    ] as const) {
      simulator.price(local_symbol, price, price)
      const asked = resting({ instrument, quantity: instrument.lot, limit_price: money(price) })
      expect(await broker.placeOrder(asked)).toMatchObject({ kind: 'confirmed' })
      await becomes(() => status(asked), 'FILLED')
      expect(await broker.getOrder(asked)).toMatchObject({ instrument_id: instrument.instrument_id })
    }
    // A contract's cost is told for all that it is on.
    expect((await broker.positions(resting().account_id)).map(each => `${each.symbol} ${each.quantity} ${each.avg_price}`)).toEqual([
      'AAPL301220C00250000 1 1.05',
      'ESZ2030 1 5000.25',
      'EURUSD 1000 1.08005',
      'BTCUSD 0.00000001 60000.25',
    ])
  })
})
