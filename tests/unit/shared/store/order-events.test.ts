import { describe, expect, it } from 'vitest'
import { noTerms } from '../../../../shared/brokers/order-terms.ts'
import { Decimal, ONE, sum, ZERO } from '../../../../shared/domain/money/decimal.ts'
import type { OrderStatus } from '../../../../shared/domain/order/transitions.ts'
import { executionConfirmation, type FillReport } from '../../../../shared/messages/order.ts'
import { type OrderReport, orderAfter } from '../../../../shared/store/order-events.ts'
import type { StoredOrder } from '../../../../shared/store/trading-orders.ts'

const money = (amount: string | number) => new Decimal(amount)
const at = new Date('2026-03-02T15:00:00Z')
const later = new Date('2026-03-02T15:00:01Z')

const order = (status: OrderStatus, changes: Partial<StoredOrder> = {}): StoredOrder => ({
  command: 'PLACE',
  target_order_id: null,
  order_id: 'S1_ORD',
  client_order_id: 'S1_ORD',
  signal_id: 'S1',
  strategy_id: 'Forex',
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
  quantity: money(10),
  order_type: 'MARKET',
  ...noTerms,
  time_in_force: 'DAY',
  is_exit: false,
  max_slippage: null,
  signal_received_at: at,
  status,
  states: [{ status, at }],
  broker_order_id: null,
  filled_qty: ZERO,
  avg_fill_price: null,
  reason: null,
  created_at: at,
  updated_at: at,
  attempted_at: at,
  attempts: 1,
  version: 3,
  ...changes,
})

const fill = (execution_id: string, quantity: number, price: number): FillReport => ({
  execution_id,
  quantity: money(quantity),
  price: money(price),
  time: at,
  commission: money(1),
  commission_currency: 'USD',
})

const told = (before: StoredOrder, report: OrderReport) => {
  const next = orderAfter(before, report, later)
  if (!next) throw new Error('the report told nothing new')
  return next
}

const confirmationIn = ({ outbox = [] }: StoredOrder) => {
  const [message] = outbox
  if (!message) throw new Error('there is no confirmation')
  return { message, confirmation: executionConfirmation.parse(JSON.parse(message.data)) }
}

describe('an order after a report', () => {
  it('is in the state that follows, with its time', () => {
    expect(told(order('SUBMITTING'), { event: 'acknowledge', broker_order_id: 'b1' })).toMatchObject({
      status: 'SUBMITTED',
      states: [
        { status: 'SUBMITTING', at },
        { status: 'SUBMITTED', at: later },
      ],
      broker_order_id: 'b1',
      updated_at: later,
    })
  })

  it('has filled what its fills sum to, at their average', () => {
    // 4 × 100 + 6 × 105 = 1,030; / 10 = 103
    const next = told(order('SUBMITTED'), { event: 'fill', fills: [fill('e1', 4, 100), fill('e2', 6, 105)] })
    expect([next.status, next.filled_qty.toString(), next.avg_fill_price?.toString()]).toEqual(['FILLED', '10', '103'])
  })

  it('keeps what was known of it where a report does not say', () => {
    const before = order('SUBMITTED', {
      broker_order_id: 'b1',
      reason: 'first',
      fills: [fill('e1', 4, 100)],
      filled_qty: money(4),
      avg_fill_price: money(100),
    })
    expect(told(before, { event: 'cancel' })).toMatchObject({
      status: 'CANCELED',
      broker_order_id: 'b1',
      reason: 'first',
      filled_qty: money(4),
      avg_fill_price: money(100),
    })
  })

  it('is not moved by a report that came late, but its fills count', () => {
    const next = told(order('CANCELED'), { event: 'fill_part', fills: [fill('e1', 4, 100)] })
    expect([next.status, next.states.length, next.filled_qty.toString()]).toEqual(['CANCELED', 1, '4'])
  })

  it('has never filled less than before', () => {
    const before = order('PARTIALLY_FILLED', { fills: [fill('e1', 6, 105)], filled_qty: money(6), avg_fill_price: money(105) })
    const next = told(before, { event: 'cancel', fills: [] })
    expect([next.filled_qty.toString(), next.avg_fill_price?.toString()]).toEqual(['6', '105'])
  })

  it('rule 8: counts an execution once, by whatever way and however often it comes', () => {
    const once = told(order('SUBMITTED'), { event: null, fills: [fill('e1', 4, 100), fill('e1', 4, 100)] })
    expect([once.status, once.filled_qty.toString()]).toEqual(['PARTIALLY_FILLED', '4'])
    expect(orderAfter(once, { event: 'fill_part', fills: [fill('e1', 4, 100)] }, later)).toBeNull()
    expect(told(once, { event: null, fills: [fill('e2', 6, 100)] })).toMatchObject({ status: 'FILLED', filled_qty: money(10) })
  })

  it('rule 9: takes a correction in place of what it corrects, and skips the same id with other data but tells of it', () => {
    const wrong = told(order('SUBMITTED'), { event: null, fills: [fill('e1.01', 10, 100)] })
    const right = told(wrong, { event: null, fills: [{ ...fill('e1.02', 10, 101), corrects: 'e1.01' }] })
    expect([right.filled_qty.toString(), right.avg_fill_price?.toString()]).toEqual(['10', '101'])
    expect(orderAfter(right, { event: null, fills: [fill('e1.01', 10, 100)] }, later)).toBeNull()
    const other = told(wrong, { event: null, fills: [fill('e1.01', 10, 999)] })
    expect([other.avg_fill_price?.toString(), other.reason]).toEqual(['100', 'EXECUTION_CHANGED: execution_ids=e1.01'])
    expect(other.outbox?.map(({ topic }) => topic)).toEqual(['execution-confirmations', 'alerts'])
    expect(orderAfter(other, { event: null, fills: [fill('e1.01', 10, 999)] }, later)).toBeNull()
  })

  it('rule 10: is not filled by a status, only by executions', () => {
    expect(told(order('SUBMITTING'), { event: 'fill', fills: [] })).toMatchObject({ status: 'SUBMITTED', filled_qty: ZERO })
    expect(told(order('SUBMITTED'), { event: 'fill', fills: [fill('e1', 4, 100)] })).toMatchObject({ status: 'PARTIALLY_FILLED' })
  })

  it('rule 14: counts what filled beyond its quantity, and tells of it once', () => {
    const over = told(order('SUBMITTED'), { event: null, fills: [fill('e1', 11, 100)] })
    expect([over.status, over.filled_qty.toString()]).toEqual(['FILLED', '11'])
    expect(over.outbox?.filter(({ topic }) => topic === 'alerts').map(({ data }) => JSON.parse(data).detail)).toEqual([
      'OVERFILL: order_id=S1_ORD, quantity=10, filled_qty=11',
    ])
    expect(orderAfter(over, { event: 'fill', fills: [fill('e1', 11, 100)] }, later)).toBeNull()
  })

  it('rule 15: has filled where it filled whole before the cancel, and is canceled with its part where it did not', () => {
    expect(told(order('CANCEL_PENDING'), { event: 'cancel', fills: [fill('e1', 10, 100)] }).status).toBe('FILLED')
    const part = told(order('CANCEL_PENDING'), { event: 'cancel', fills: [fill('e1', 4, 100)] })
    expect([part.status, part.filled_qty.toString()]).toEqual(['CANCELED', '4'])
  })

  it('rule 24: takes a commission when it comes', () => {
    const late = told(order('SUBMITTED'), { event: null, fills: [{ ...fill('e1', 10, 100), commission: ZERO, commission_pending: true }] })
    const paid = told(late, { event: null, fills: [fill('e1', 10, 100)] })
    expect(paid.fills?.map(({ commission }) => commission.toString())).toEqual(['1'])
    expect(
      orderAfter(paid, { event: null, fills: [{ ...fill('e1', 10, 100), commission: ZERO, commission_pending: true }] }, later),
    ).toBeNull()
  })

  it.each<[OrderStatus, OrderReport['event']]>([
    ['FILLED', 'fill'],
    ['CANCELED', 'cancel'],
    ['REJECTED', 'acknowledge'],
    ['PARTIALLY_FILLED', 'acknowledge'],
    ['DENIED', 'expire'],
  ])('that is %s learns nothing new from %s', (status, event) => {
    const fills = status === 'PARTIALLY_FILLED' ? [fill('e1', 4, 100)] : [fill('e1', 10, 100)]
    expect(orderAfter(order(status, { fills, filled_qty: sum(fills.map(({ quantity }) => quantity)) }), { event, fills }, later)).toBeNull()
  })
})

describe('the confirmation that tells of it', () => {
  it('says the order as it will be stored, under the key of its account and symbol', () => {
    const { message, confirmation } = confirmationIn(told(order('SUBMITTED'), { event: 'fill_part', fills: [fill('e1', 4, 100)] }))
    expect(message).toMatchObject({
      topic: 'execution-confirmations',
      ordering_key: 'A1:AAPL',
      attributes: { status: 'PARTIALLY_FILLED', order_id: 'S1_ORD', signal_id: 'S1' },
      at: later,
    })
    expect(confirmation).toMatchObject({
      // the version that this write makes
      confirmation_id: 'S1_ORD:4',
      status: 'PARTIALLY_FILLED',
      filled_qty: money(4),
      remaining_qty: money(6),
      avg_fill_price: money(100),
      fills: [fill('e1', 4, 100)],
      timestamp: later,
    })
  })

  it('leaves nothing to fill where more filled than was asked for', () => {
    const { confirmation } = confirmationIn(told(order('SUBMITTED'), { event: 'fill', fills: [fill('e1', 11, 100)] }))
    expect([confirmation.filled_qty, confirmation.remaining_qty].map(String)).toEqual(['11', '0'])
  })
})
