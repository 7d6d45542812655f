import fc from 'fast-check'
import { expect, it } from 'vitest'
import { newOrder } from '../../../../functions/execute-order/new-order.ts'
import { noTerms } from '../../../../shared/brokers/order-terms.ts'
import { sum, ZERO } from '../../../../shared/domain/money/decimal.ts'
import { isTerminal, type OrderEvent } from '../../../../shared/domain/order/transitions.ts'
import type { FillReport } from '../../../../shared/messages/order.ts'
import { type OrderReport, orderAfter } from '../../../../shared/store/order-events.ts'
import type { StoredOrder } from '../../../../shared/store/trading-orders.ts'
import { at, money, stock } from '../brokers/paper/samples.ts'

const QUANTITY = 20

const start: StoredOrder = {
  ...newOrder(
    {
      command: 'PLACE',
      target_order_id: null,
      order_id: 'S1_ORD',
      client_order_id: 'S1_ORD',
      signal_id: 'S1',
      strategy_id: 'Trend',
      account_id: 'A1',
      broker_id: 'PAPER',
      trading_mode: 'PAPER',
      instrument_id: 'AAPL',
      instrument: stock,
      action: 'BUY',
      quantity: money(QUANTITY),
      is_exit: false,
      order_type: 'MARKET',
      ...noTerms,
      time_in_force: 'DAY',
      max_slippage: null,
      signal_received_at: at,
    },
    at,
  ),
  status: 'SUBMITTED',
}

const execution = fc.record({
  quantity: fc.integer({ min: 1, max: 6 }),
  price: fc.integer({ min: 1, max: 99_999 }),
  commission: fc.integer({ min: 0, max: 500 }),
  corrected: fc.boolean(),
  late: fc.boolean(),
})
type Execution = typeof execution extends fc.Arbitrary<infer Drawn> ? Drawn : never

/** All that a broker ever tells of an execution: at first perhaps wrongly or without its commission. */
function tellings({ quantity, price, commission, corrected, late }: Execution, index: number): FillReport[] {
  const right: FillReport = {
    execution_id: corrected ? `e${index}.02` : `e${index}`,
    price: money(price).div(100),
    quantity: money(quantity),
    time: new Date(at.getTime() + index),
    commission: money(commission).div(100),
    commission_currency: 'USD',
    ...(corrected && { corrects: `e${index}.01` }),
  }
  const { corrects: _, ...same } = right
  const wrong = { ...same, execution_id: `e${index}.01`, quantity: right.quantity.plus(1), price: right.price.plus(1) }
  return [...(corrected ? [wrong] : []), ...(late ? [{ ...right, commission: ZERO, commission_pending: true }] : []), right]
}

const events: readonly (OrderEvent | null)[] = [null, 'acknowledge', 'fill_part', 'fill', 'request_cancel']

const story = fc.record({
  executions: fc.array(execution, { minLength: 1, maxLength: 4 }),
  draws: fc.infiniteStream(fc.nat()),
})

it('any shuffle, repetition and loss with a later resend ends in the same fills and the same cash, and never reopens', () => {
  fc.assert(
    fc.property(story, ({ executions, draws }) => {
      const draw = () => draws.next().value as number
      const shuffled = <T>(all: readonly T[]) =>
        all
          .map(each => [draw(), each] as const)
          .sort(([one], [other]) => one - other)
          .map(([, each]) => each)
      const reports = executions
        .flatMap(tellings)
        .map((fill): OrderReport => ({ event: events[draw() % events.length] ?? null, fills: [fill] }))
      const heard = shuffled([...reports, ...reports.filter(() => draw() % 3 === 0)]).filter(() => draw() % 4 !== 0)
      let order = start
      for (const report of [...heard, ...shuffled(reports)]) {
        const next = orderAfter(order, report, at)
        if (!next) continue
        if (isTerminal(order.status)) expect(next.status).toBe(order.status)
        order = { ...next, outbox: [], version: order.version + 1 }
      }
      const cash = sum((order.fills ?? []).map(({ price, quantity, commission }) => price.times(quantity).plus(commission).neg()))
      const told = executions.map(({ price, quantity, commission }) => -(price * quantity + commission))
      expect(cash.times(100).toNumber()).toBe(told.reduce((one, other) => one + other, 0))
      expect(order.filled_qty.toNumber()).toBe(executions.reduce((total, { quantity }) => total + quantity, 0))
    }),
    { numRuns: 400 },
  )
})
