import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyExecution } from '../../functions/apply-execution/handler.ts'
import { newOrder } from '../../functions/execute-order/new-order.ts'
import { lookAt } from '../../functions/supervise-orders/look.ts'
import { type Decimal, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { executionConfirmation, type FillReport, type OrderCommand } from '../../shared/messages/order.ts'
import { fills } from '../../shared/store/fills.ts'
import { frozenOf } from '../../shared/store/frozen-instruments.ts'
import { instruments } from '../../shared/store/instruments.ts'
import { recordReport } from '../../shared/store/order-events.ts'
import { openPositionsIn, positionOf } from '../../shared/store/positions.ts'
import { insertOrder, orderById, tradingOrders } from '../../shared/store/trading-orders.ts'
import { binanceBroker, coin } from '../contract/brokers/binance/venue.ts'
import { startSimulator } from '../simulators/binance/start.ts'
import { at, money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command, executing, stored, lookOf, later, atRealTime } = executionHouse(house)

const coinless = { name: 'first', api_key: 'simulated-key-1', secret: 'simulated-secret-1', spot: { USDT: '1000000' }, margin: {} }

const order = fc.record({
  strategy_id: fc.constantFrom('Trend', 'Reversal', 'EXTERNAL'),
  action: fc.constantFrom('BUY' as const, 'SELL' as const),
  fills: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  /** In cents. */
  price: fc.integer({ min: 1, max: 99_999 }),
  /** Whether its first execution is told wrongly and then corrected. */
  corrected: fc.boolean(),
  /** Whether its last commission is told after the execution. */
  late: fc.boolean(),
})

type Story = typeof order extends fc.Arbitrary<infer Drawn> ? Drawn : never

/** What a broker tells, in pieces; in which order, and what of it twice, is drawn by fast-check. */
const story = fc.record({ orders: fc.array(order, { minLength: 2, maxLength: 4 }), draws: fc.infiniteStream(fc.nat()) })

let told = 0
const execution = (id: string, quantity: number, price: number): FillReport => {
  told += 1
  return {
    execution_id: id,
    price: money(price).div(100),
    quantity: money(quantity),
    time: new Date(at.getTime() + told),
    commission: money('1.01'),
    commission_currency: 'USD',
  }
}

const shuffled = <T>(all: readonly T[], draw: () => number): T[] =>
  all
    .map(each => ({ each, key: draw() }))
    .sort((one, other) => one.key - other.key)
    .map(({ each }) => each)

const twice = <T>(all: readonly T[], draw: () => number): T[] => all.flatMap(each => (draw() % 3 === 0 ? [each, each] : [each]))

it('Σ of strategies and EXTERNAL is what the broker holds, and cash what it says, in whatever order and however often it is told', {
  timeout: 120_000,
}, async () => {
  const book = applyExecution(house.store)
  await fc.assert(
    fc.asyncProperty(story, async ({ orders, draws }) => {
      const draw = () => draws.next().value as number
      const account_id = await house.account()
      const pieces: { order_id: string; fills: FillReport[] }[] = []
      for (const { fills: parts, corrected, late, price, ...terms } of orders) {
        const total = parts.reduce((one, other) => one + other, 0)
        const placed = command(account_id, { ...terms, quantity: money(total), is_exit: false })
        await insertOrder(house.store, { ...newOrder(placed, at), status: 'SUBMITTED' })
        parts.forEach((quantity, index) => {
          const id = `${account_id}-${placed.order_id}-${index}`
          const isCorrected = corrected && index === 0
          const first = execution(isCorrected ? `${id}.01` : id, isCorrected ? quantity + 1 : quantity, isCorrected ? price + 7 : price)
          if (late && index === parts.length - 1) {
            pieces.push({ order_id: placed.order_id, fills: [{ ...first, commission: ZERO, commission_pending: true }] })
          }
          pieces.push({ order_id: placed.order_id, fills: [first] })
          if (isCorrected) {
            const right = {
              ...first,
              execution_id: `${id}.02`,
              quantity: money(quantity),
              price: money(price).div(100),
              corrects: `${id}.01`,
            }
            pieces.push({ order_id: placed.order_id, fills: [right] })
          }
        })
      }
      // Some of it is lost, and all of it told again later, as by a broker that is asked.
      const heard = shuffled(twice(pieces, draw), draw).filter(() => draw() % 4 !== 0)
      for (const { order_id, fills: some } of [...heard, ...shuffled(pieces, draw)]) {
        const stored = await orderById(house.store, order_id)
        if (stored) await recordReport(house.store, stored, { event: null, fills: some }, at)
      }
      const documents = await house.store.db.collection('trading_orders').find({ account_id }).toArray()
      const messages = documents.flatMap(({ outbox }) => outbox as { topic: string; data: string }[])
      const confirmations = messages
        .filter(({ topic }) => topic === 'execution-confirmations')
        .map(({ data }) => executionConfirmation.parse(JSON.parse(data)))
      for (const each of shuffled(twice(confirmations, draw), draw)) await book(each, { now: at } as Parameters<typeof book>[1])

      const held = await openPositionsIn(house.store, account_id)
      const atBroker = orders.map(({ action, fills: parts }) => (action === 'BUY' ? 1 : -1) * parts.reduce((one, other) => one + other, 0))
      expect(sum(held.map(({ quantity }) => quantity)).toNumber()).toBe(atBroker.reduce((one, other) => one + other, 0))
      const counted = await fills.in(house.store).countDocuments({ account_id, superseded_by: { $exists: false } })
      expect(counted).toBe(orders.flatMap(each => each.fills).length)
      expect((await cashIn(account_id)).toFixed(2)).toBe(cashTold(orders).toFixed(2))
    }),
    { numRuns: 12 },
  )
})

/** What an account's cash changed by, from what was booked. */
async function cashIn(account_id: string): Promise<Decimal> {
  const booked = (await fills.in(house.store).find({ account_id }).toArray()).map(fills.read)
  const counted = booked.filter(({ superseded_by }) => superseded_by === undefined)
  return sum(
    counted.map(({ action, quantity, price, commission }) =>
      quantity
        .times(price)
        .times(action === 'BUY' ? -1 : 1)
        .minus(commission),
    ),
  )
}

/** The same from the story itself: each execution at its right price, a commission for each. */
const cashTold = (orders: readonly Story[]): Decimal =>
  sum(
    orders.flatMap(({ action, price, fills: parts }) =>
      parts.map(quantity =>
        money(quantity * price)
          .div(100)
          .times(action === 'BUY' ? -1 : 1)
          .minus('1.01'),
      ),
    ),
  )

it('a fee that is taken out of bought coins freezes nothing: what is left is what the broker holds, and an exit sells whole lots of it', async () => {
  const simulator = await startSimulator({ accounts: [coinless] })
  const broker = await binanceBroker(simulator, 'binance')
  simulator.price('BTCUSDT', '99.98', '100')
  await instruments.in(house.store).insertOne({ ...coin })
  const book = applyExecution(house.store)
  type Context = Parameters<typeof book>[1]
  const look = { ...lookOf(broker, 'A1'), broker: { ...lookOf(broker, 'A1').broker, broker_id: 'BINANCE', adapter: 'ccxt' as const } }
  const bookAll = async () => {
    for (const each of (await tradingOrders.in(house.store).find({ account_id: 'A1' }).toArray()).map(tradingOrders.read))
      for (const { topic, data } of each.outbox ?? []) {
        if (topic === 'execution-confirmations') await book(executionConfirmation.parse(JSON.parse(data)), { now: new Date() } as Context)
      }
  }
  const give = async (changes: Partial<OrderCommand>) => {
    const own = { instrument_id: coin.instrument_id, instrument: coin, broker_id: 'BINANCE', order_type: 'LIMIT' as const }
    const given = command('A1', { ...own, time_in_force: 'GTC', ...changes })
    await executing(broker)(given)
    return given
  }
  await atRealTime(async () => {
    await lookAt(look, [])
    const entry = await give({ action: 'BUY', quantity: money('0.12345'), limit_price: money('99') })
    simulator.fillPart(entry.client_order_id, '0.1', '99')
    simulator.price('BTCUSDT', '98.9', '98.95')
    later()
    await lookAt(look, [await stored(entry.order_id)])
    await bookAll()
    // 0.1 % of 0.1 and of 0.02345 are kept
    const id = { account_id: 'A1', strategy_id: 'Trend', instrument_id: coin.instrument_id }
    expect(await positionOf(house.store, id)).toMatchObject({ quantity: money('0.12332655'), avg_price: money('99') })
    expect((await positionOf(house.store, id))?.fees.toFixed()).toBe('0.01222155')
    const exit = await give({ action: 'SELL', quantity: money('0.12332'), limit_price: money('98.9') })
    for (let reading = 0; reading < 4; reading += 1) {
      later()
      await lookAt(look, [await stored(exit.order_id)])
      await bookAll()
    }
    const held = await positionOf(house.store, id)
    expect(held?.quantity.toFixed()).toBe('0.00000655')
    expect(held?.lots.map(({ quantity }) => quantity.toFixed())).toEqual(['0.00000655'])
    // 0.12332 × (98.9 − 99), and 0.1 % of 0.12332 × 98.9 on top of the fees before
    expect(held?.realized_pnl.toFixed()).toBe('-0.012332')
    expect(held?.fees.toFixed()).toBe('0.02441789')
    expect((await broker.positions('A1')).map(({ quantity }) => quantity.toFixed())).toEqual(['0.00000655'])
    expect(await frozenOf(house.store, 'A1')).toEqual([])
  })
  await simulator.stop()
})
