import { afterAll, describe, expect, it } from 'vitest'
import type { OrderResult } from '../../../../shared/brokers/broker.ts'
import { isOrder, isQuestion } from '../../../simulators/binance/faults.ts'
import type { Request } from '../../../simulators/binance/requests.ts'
import { startSimulator } from '../../../simulators/binance/start.ts'
import { limit, money, opened, reaches, request } from '../conformance/venue.ts'
import { binanceBroker, type Simulator, venueOf } from './venue.ts'

const running: Simulator[] = []
afterAll(async () => {
  for (const each of running) await each.stop()
})

async function house(exchange = 'binance', options: Parameters<typeof startSimulator>[0] = {}) {
  const simulator = await startSimulator(options)
  running.push(simulator)
  const broker = await binanceBroker(simulator, exchange)
  const venue = await opened(async () => venueOf(simulator, broker, exchange === 'binanceusdm'))
  const sent: string[] = []
  simulator.fault.watch.push(({ method, path }: Request) => sent.push(`${method} ${path}`))
  return { simulator, broker, venue, sent }
}

const withoutCoins = {
  name: 'first',
  api_key: 'simulated-key-1',
  secret: 'simulated-secret-1',
  spot: { USDT: '1000000' },
  margin: {},
}

const planted = /simulated-(key|secret)-1|[0-9a-f]{64}/

describe('the hazards of an exchange', () => {
  it('puts a wrong clock right, asks whether the order is there, and only then sends it again', async () => {
    const { simulator, broker, venue, sent } = await house()
    simulator.clock.offset = 600_000
    const order = request(venue, { attempts: 1 })
    expect((await broker.placeOrder(order)).kind).toBe('confirmed')
    expect(sent.filter(each => !each.includes('time'))).toEqual(['POST /api/v3/order', 'GET /api/v3/order', 'POST /api/v3/order'])
    expect(simulator.spot.orders).toHaveLength(1)
  })

  it('sends a first attempt at once, and asks before every other', async () => {
    const { broker, venue, sent } = await house()
    const order = request(venue, { attempts: 1 })
    await broker.placeOrder(order)
    expect(sent).toEqual(['POST /api/v3/order'])
    await broker.placeOrder({ ...order, attempts: 2 })
    expect(sent.filter(each => each.startsWith('POST'))).toHaveLength(1)
  })

  it.each([
    ['429', 429],
    ['418', 418],
  ])('after %s asks nothing for as long as it is told', async (_, status) => {
    const { simulator, broker, venue, sent } = await house()
    const body = { code: -1003, msg: 'Too many requests.' }
    simulator.fault.plan(isOrder, { kind: 'answer', before: true, status, body, headers: { 'Retry-After': '1' } })
    expect((await broker.placeOrder(request(venue, { attempts: 1 }))).kind).toBe('unknown')
    await expect(broker.positions('A1')).rejects.toThrow(/RATE_LIMITED/)
    expect(sent).toEqual(['POST /api/v3/order'])
    await expect
      .poll(
        () =>
          broker.positions('A1').then(
            () => 'asked',
            () => 'shut',
          ),
        { interval: 100 },
      )
      .toBe('asked')
  })

  it('waits for the rest of an answer no longer than for its beginning', async () => {
    const { simulator, broker, venue } = await house()
    simulator.fault.plan(isOrder, { kind: 'half', before: false })
    const order = request(venue, { attempts: 1 })
    expect((await broker.placeOrder(order)).kind).toBe('unknown')
    await reaches(venue, order, 'FILLED')
  })

  it('takes no answer from where a redirect leads', async () => {
    const { simulator, broker, venue } = await house()
    simulator.fault.plan(isOrder, { kind: 'answer', before: true, status: 302, headers: { location: `${simulator.url}/api/v3/ping` } })
    expect((await broker.placeOrder(request(venue))).kind).toBe('unknown')
  })

  it('never tells a key, a secret or a signature, whatever goes wrong', async () => {
    const { simulator, broker, venue } = await house()
    const told: string[] = []
    const hear = (error: unknown) =>
      told.push(error instanceof Error ? `${error.message} ${error.stack} ${JSON.stringify(error)} ${String(error.cause)}` : String(error))
    const tell = (result: OrderResult) => told.push(JSON.stringify(result))
    for (const fault of [
      { kind: 'reset', before: true },
      { kind: 'answer', before: true, status: 502 },
      { kind: 'answer', before: true, status: 400, body: { code: -1022, msg: 'Signature for this request is not valid.' } },
    ] as const) {
      simulator.fault.plan(isOrder, fault)
      tell(await broker.placeOrder(request(venue, { attempts: 1 })))
      simulator.fault.plan(isQuestion, fault)
      await broker.openOrders('A1').catch(hear)
    }
    simulator.fault.delayMs = 60_000
    tell(await broker.placeOrder(request(venue, { attempts: 1 })))
    await broker.balance('A1').catch(hear)
    simulator.fault.delayMs = 0
    expect(told).toHaveLength(8)
    expect(told.join('\n')).not.toMatch(planted)
  })

  it('counts one side of an OCO, and the other as gone', async () => {
    const { simulator, broker, venue } = await house()
    const order = request(venue, {
      order_type: 'OCO',
      action: 'SELL',
      limit_price: money('120'),
      stop_price: money('80'),
      time_in_force: 'GTC',
    })
    await broker.placeOrder(order)
    simulator.price('BTCUSDT', '121', '121.02')
    await reaches(venue, order, 'FILLED')
    const seen = await broker.getOrder(order)
    expect([String(seen?.filled_qty), String(seen?.fills[0]?.price), await broker.openOrders('A1')]).toEqual(['1', '120', []])
    expect((await broker.executions('A1', new Date(0))).map(({ client_order_id }) => client_order_id)).toEqual([order.client_order_id])
  })

  it('tells a fee that was taken out of what was bought by its units and by what they were worth', async () => {
    const { broker, venue } = await house()
    const before = (await broker.positions('A1'))[0]?.quantity ?? money('0')
    const order = request(venue, { quantity: money('0.12345') })
    await broker.placeOrder(order)
    // 0.1 % of 0.12345, at 100.02
    const [execution] = await broker.executions('A1', new Date(0))
    expect(String(execution?.fee_quantity)).toBe('0.00012345')
    expect(`${execution?.commission} ${execution?.commission_currency}`).toBe('0.012347469 USDT')
    expect(String((await broker.positions('A1'))[0]?.quantity.minus(before))).toBe('0.12332655')
    await broker.placeOrder(request(venue, { action: 'SELL', quantity: money('0.12332') }))
    // 0.1 % of 0.12332 × 100, told to 8 places
    const [, sale] = await broker.executions('A1', new Date(0))
    expect(`${sale?.commission} ${sale?.commission_currency} ${sale?.fee_quantity}`).toBe('0.012332 USDT undefined')
  })

  it('tells a fee in BNB by what that was worth, and takes it from what nobody’s strategy holds', async () => {
    const { simulator, broker, venue } = await house('binance', {
      accounts: [{ ...withoutCoins, spot: { USDT: '1000', BNB: '1' }, burnsBnb: true }],
    })
    simulator.price('BNBUSDT', '500', '500.1')
    const order = request(venue, { attempts: 1 })
    const placed = await broker.placeOrder(order)
    expect(placed.kind === 'confirmed' && placed.order?.fills.map(({ commission_pending }) => commission_pending)).toEqual([true])
    // 0.1 % of 100.02 USDT is 0.00020004 BNB, at 500
    const [execution, fee] = await broker.executions('A1', new Date(0))
    expect(`${execution?.commission} ${execution?.commission_currency} ${execution?.fee_quantity}`).toBe('0.10002 USDT undefined')
    expect(fee).toMatchObject({ client_order_id: null, symbol: 'BNBUSDT', action: 'SELL', execution_id: `${execution?.execution_id}:fee` })
    expect(`${fee?.quantity} ${fee?.price}`).toBe('0.00020004 500')
    expect((await broker.positions('A1')).map(({ symbol, quantity }) => `${symbol} ${quantity}`).sort()).toEqual([
      'BNBUSDT 0.99979996',
      'BTCUSDT 1',
    ])
    expect((await broker.getOrder(order))?.fills.map(({ commission }) => String(commission))).toEqual(['0.10002'])
  })

  it('closes a bracket for what its entry leaves after the fee', async () => {
    const { simulator, broker, venue } = await house('binance', { accounts: [withoutCoins] })
    const order = request(venue, { order_type: 'BRACKET', quantity: money('1'), stop_loss: money('90'), take_profit: money('110') })
    await broker.placeOrder(order)
    await reaches(venue, order, 'FILLED')
    simulator.price('BTCUSDT', '111', '111.02')
    await expect
      .poll(async () => (await broker.getOrder(order))?.legs.map(({ status }) => status).toSorted())
      .toEqual(['CANCELED', 'FILLED'])
    expect(await broker.positions('A1')).toEqual([])
  })

  it('follows a conditional contract order into the order that it becomes', async () => {
    const { simulator, broker, venue } = await house('binanceusdm')
    const order = request(venue, { order_type: 'STOP_LIMIT', stop_price: money('110'), limit_price: money('109'), time_in_force: 'GTC' })
    await broker.placeOrder(order)
    simulator.price('BTCUSDT', '111', '111.02')
    // Its limit is below the market: it rests, and is still known by the id that it was given.
    const listed = async () => (await broker.getOrder(order))?.status
    await expect.poll(listed).toBe('SUBMITTED')
    expect((await broker.cancelOrder(order)).kind).toBe('confirmed')
    await expect.poll(listed).toBe('CANCELED')
  })

  it('refuses to trade contracts in hedge mode', async () => {
    const { simulator, broker } = await house('binanceusdm')
    await broker.disconnect()
    simulator.fault.plan(({ path }) => path.endsWith('/dual'), {
      kind: 'answer',
      before: true,
      status: 200,
      body: { dualSidePosition: true },
    })
    await expect(broker.connect()).rejects.toThrow(/HEDGE_MODE/)
  })

  it('makes contract exits reduce only', async () => {
    const { broker, venue } = await house('binanceusdm')
    const exit = request(venue, { action: 'SELL', is_exit: true })
    expect(await broker.placeOrder(exit)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('-2022') })
  })

  it('keeps to the exchange’s weights by itself', async () => {
    const simulator = await startSimulator()
    running.push(simulator)
    const broker = await binanceBroker(simulator, 'binance', { paced: true })
    const venue = await opened(async () => venueOf(simulator, broker, false))
    const begun = performance.now()
    // Listing all working orders weighs 80 of 6,000 a minute: 0.8 s each, once what was saved is used up.
    await broker.openOrders('A1')
    await broker.openOrders('A1')
    await broker.placeOrder(limit(venue))
    expect(performance.now() - begun).toBeGreaterThan(700)
  })
})
