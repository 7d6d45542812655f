import fc from 'fast-check'
import { expect, it } from 'vitest'
import { applyExecution } from '../../functions/apply-execution/handler.ts'
import { newOrder } from '../../functions/execute-order/new-order.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import { executionConfirmation, type FillReport } from '../../shared/messages/order.ts'
import { fills } from '../../shared/store/fills.ts'
import { recordReport } from '../../shared/store/order-events.ts'
import { openPositionsIn } from '../../shared/store/positions.ts'
import { insertOrder, orderById } from '../../shared/store/trading-orders.ts'
import { at, money } from '../unit/shared/brokers/paper/samples.ts'
import { executionHouse } from './execution-harness.ts'
import { paperHouse } from './paper-broker-harness.ts'

const house = paperHouse()
const { command } = executionHouse(house)

const order = fc.record({
  strategy_id: fc.constantFrom('Trend', 'Reversal', 'EXTERNAL'),
  action: fc.constantFrom('BUY' as const, 'SELL' as const),
  fills: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }),
  /** Whether its first execution is told wrongly and then corrected. */
  corrected: fc.boolean(),
})

/** What a broker tells, in pieces; in which order, and what of it twice, is drawn by fast-check. */
const story = fc.record({ orders: fc.array(order, { minLength: 2, maxLength: 4 }), draws: fc.infiniteStream(fc.nat()) })

let told = 0
const execution = (id: string, quantity: number): FillReport => {
  told += 1
  return {
    execution_id: id,
    price: money(100),
    quantity: money(quantity),
    time: new Date(at.getTime() + told),
    commission: money(1),
    commission_currency: 'USD',
  }
}

const shuffled = <T>(all: readonly T[], draw: () => number): T[] =>
  all
    .map(each => ({ each, key: draw() }))
    .sort((one, other) => one.key - other.key)
    .map(({ each }) => each)

const twice = <T>(all: readonly T[], draw: () => number): T[] => all.flatMap(each => (draw() % 3 === 0 ? [each, each] : [each]))

it('Σ of strategies and EXTERNAL is what the broker holds, in whatever order and however often it is told', {
  timeout: 60_000,
}, async () => {
  const book = applyExecution(house.store)
  await fc.assert(
    fc.asyncProperty(story, async ({ orders, draws }) => {
      const draw = () => draws.next().value as number
      const account_id = await house.account()
      const pieces: { order_id: string; fills: FillReport[] }[] = []
      for (const { fills: parts, corrected, ...terms } of orders) {
        const total = parts.reduce((one, other) => one + other, 0)
        const placed = command(account_id, { ...terms, quantity: money(total), is_exit: false })
        await insertOrder(house.store, { ...newOrder(placed, at), status: 'SUBMITTED' })
        parts.forEach((quantity, index) => {
          const id = `${account_id}-${placed.order_id}-${index}`
          const isCorrected = corrected && index === 0
          const first = execution(isCorrected ? `${id}.01` : id, isCorrected ? quantity + 1 : quantity)
          pieces.push({ order_id: placed.order_id, fills: [first] })
          if (isCorrected) {
            const right = { ...first, execution_id: `${id}.02`, quantity: money(quantity), corrects: `${id}.01` }
            pieces.push({ order_id: placed.order_id, fills: [right] })
          }
        })
      }
      for (const { order_id, fills: some } of shuffled(twice(pieces, draw), draw)) {
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
    }),
    { numRuns: 25 },
  )
})
