import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noTerms } from '../../../../../shared/brokers/order-terms.ts'
import { Decimal, ONE, sum, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import { isTerminal, type OrderEvent } from '../../../../../shared/domain/order/transitions.ts'
import type { FillReport } from '../../../../../shared/messages/order.ts'
import { type OrderReport, orderAfter } from '../../../../../shared/store/order-events.ts'
import type { StoredOrder } from '../../../../../shared/store/trading-orders.ts'

const at = new Date('2026-03-02T15:00:00Z')
const QUANTITY = 100

const fresh: StoredOrder = {
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
  instrument: {
    symbol: 'AAPL',
    asset_class: 'EQUITY',
    exchange: null,
    currency: 'USD',
    expiry: null,
    strike: null,
    right: null,
    multiplier: ONE,
  },
  action: 'BUY',
  quantity: new Decimal(QUANTITY),
  order_type: 'LIMIT',
  ...noTerms,
  limit_price: new Decimal(100),
  time_in_force: 'DAY',
  is_exit: false,
  max_slippage: null,
  signal_received_at: at,
  status: 'SUBMITTING',
  states: [{ status: 'SUBMITTING', at }],
  broker_order_id: null,
  filled_qty: ZERO,
  avg_fill_price: null,
  reason: null,
  created_at: at,
  updated_at: at,
  attempted_at: at,
  attempts: 1,
  version: 1,
}

const fill = (n: number, quantity: number): FillReport => ({
  execution_id: `e${n}`,
  quantity: new Decimal(quantity),
  price: new Decimal(100 + n),
  time: new Date(at.getTime() + n * 1000),
  commission: new Decimal(n),
  commission_currency: 'USD',
})

interface Life {
  /** What the broker tells from the first to the last, each report with all executions until then. */
  reports: OrderReport[]
  final: FillReport[]
}

/** A life of an order at a broker: executions that make it up or not, some first told wrongly, some without their commission. */
const life: fc.Arbitrary<Life> = fc
  .record({
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: QUANTITY - 1 }), { maxLength: 5 }),
    whole: fc.boolean(),
    wrong: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    late: fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }),
    end: fc.constantFrom<OrderEvent>('cancel', 'expire'),
  })
  .map(({ cuts, whole, wrong, late, end }) => {
    const edges = [0, ...cuts.sort((one, other) => one - other), ...(whole ? [QUANTITY] : [])]
    const sizes = edges.slice(1).map((edge, index) => edge - (edges[index] ?? 0))
    const first = sizes.map((size, n) => {
      const base = fill(n, size)
      const told = wrong[n] ? { ...base, execution_id: `e${n}.01`, price: base.price.times(2) } : base
      return late[n] ? { ...told, commission: ZERO, commission_pending: true } : told
    })
    const final = sizes.map((size, n) => (wrong[n] ? { ...fill(n, size), execution_id: `e${n}.02`, corrects: `e${n}.01` } : fill(n, size)))
    const parts = first.map((_, n): OrderReport => ({ event: 'fill_part', fills: first.slice(0, n + 1) }))
    const ending: OrderReport = { event: whole ? 'fill' : end, fills: final }
    return { reports: [{ event: 'acknowledge' }, ...parts, { event: null, fills: final }, ending], final }
  })

const told = (order: StoredOrder, reports: readonly OrderReport[]) =>
  reports.reduce((before, report) => {
    const next = orderAfter(before, report, at)
    // Terminal never reopens, and what was counted is never taken back but by a correction.
    if (isTerminal(before.status)) expect(next?.status ?? before.status).toBe(before.status)
    return next ? { ...next, version: before.version + 1 } : before
  }, order)

const outcome = ({ status, filled_qty, avg_fill_price, fills = [] }: StoredOrder) => ({
  status,
  filled: filled_qty.toString(),
  average: avg_fill_price?.toString(),
  cash: sum(fills.map(({ quantity, price, commission }) => quantity.times(price).plus(commission))).toString(),
  ids: fills.map(({ execution_id }) => execution_id),
})

describe('what brokers tell of an order', () => {
  it('comes to the same however it is shuffled, doubled, and lost and sent again', () => {
    fc.assert(
      fc.property(life, fc.infiniteStream(fc.nat()), ({ reports, final }, chances) => {
        const straight = outcome(told(fresh, reports))
        const shuffled = reports
          .flatMap(report => ((chances.next().value ?? 0) % 3 === 0 ? [report, report] : [report]))
          .filter((_, index) => index === 0 || (chances.next().value ?? 0) % 4 !== 0)
          .map(report => ({ report, rank: chances.next().value ?? 0 }))
          .sort((one, other) => one.rank - other.rank)
          .map(({ report }) => report)
        // What was lost is asked for again, and then told whole.
        const after = outcome(told(fresh, [...shuffled, reports.at(-1) ?? { event: null }]))
        expect(after).toEqual(straight)
        expect(after.filled).toBe(sum(final.map(({ quantity }) => quantity)).toString())
        expect(new Set(after.ids).size).toBe(after.ids.length)
      }),
      { numRuns: 500 },
    )
  })
})
