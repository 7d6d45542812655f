import { DomainError } from '../domain/errors.ts'
import { type Decimal, sum, ZERO } from '../domain/money/decimal.ts'
import { nextStatus, type OrderEvent } from '../domain/order/transitions.ts'
import type { ExecutionConfirmation, FillReport } from '../messages/order.ts'
import type { Store } from './collection.ts'
import { toOutbox } from './outbox.ts'
import { orderById, replaceOrder, type StoredOrder } from './trading-orders.ts'

/** What was learned of an order. */
export interface OrderReport {
  event: OrderEvent
  reason?: string | null
  broker_order_id?: string | null
  /** Every fill that the broker knows, not only new ones. */
  fills?: readonly FillReport[]
}

/**
 * An order after a report, with the confirmation that tells of it in its outbox. A report that cannot follow (it came late or twice)
 * moves nothing, but its fills count; null where there is nothing new at all.
 */
export function orderAfter(
  order: StoredOrder,
  { event, reason = null, broker_order_id = null, fills = [] }: OrderReport,
  at: Date,
): StoredOrder | null {
  const following = nextStatus(order.status, event)
  const status = following === order.status ? null : following
  const filled_qty = sum(fills.map(({ quantity }) => quantity))
  const filledMore = filled_qty.gt(order.filled_qty)
  if (status === null && !filledMore) return null
  const next: StoredOrder = {
    ...order,
    status: status ?? order.status,
    states: status === null ? order.states : [...order.states, { status, at }],
    broker_order_id: broker_order_id ?? order.broker_order_id,
    filled_qty: filledMore ? filled_qty : order.filled_qty,
    avg_fill_price: filledMore ? averageOf(fills, filled_qty) : order.avg_fill_price,
    reason: reason ?? order.reason,
    updated_at: at,
  }
  return { ...next, outbox: [confirmationMessage(next, fills, at)] }
}

const averageOf = (fills: readonly FillReport[], filled: Decimal): Decimal =>
  sum(fills.map(({ price, quantity }) => price.times(quantity))).div(filled)

/** The message that tells of an order as it will be stored (EXE-8). */
export const confirmationMessage = (order: StoredOrder, fills: readonly FillReport[], at: Date) =>
  toOutbox({
    topic: 'execution-confirmations',
    ordering_key: `${order.account_id}:${order.instrument.symbol}`,
    attributes: { status: order.status, order_id: order.order_id, signal_id: order.signal_id },
    data: confirmationOf(order, fills, at),
    at,
  })

const confirmationOf = (order: StoredOrder, fills: readonly FillReport[], timestamp: Date): ExecutionConfirmation => ({
  confirmation_id: `${order.order_id}:${order.version + 1}`,
  order_id: order.order_id,
  client_order_id: order.client_order_id,
  broker_order_id: order.broker_order_id,
  signal_id: order.signal_id,
  strategy_id: order.strategy_id,
  account_id: order.account_id,
  broker_id: order.broker_id,
  trading_mode: order.trading_mode,
  instrument_id: order.instrument_id,
  instrument: order.instrument,
  action: order.action,
  quantity: order.quantity,
  is_exit: order.is_exit,
  status: order.status,
  filled_qty: order.filled_qty,
  remaining_qty: order.quantity.gt(order.filled_qty) ? order.quantity.minus(order.filled_qty) : ZERO,
  avg_fill_price: order.avg_fill_price,
  fills: [...fills],
  reason: order.reason,
  timestamp,
})

/** Stores what was learned of an order, on whatever version of it is there by now; returns the order as it then is. */
export async function recordReport(store: Store, order: StoredOrder, report: OrderReport, at: Date): Promise<StoredOrder> {
  for (let current: StoredOrder | null = order; current; current = await orderById(store, order.order_id)) {
    const next = orderAfter(current, report, at)
    if (!next) return current
    if (await replaceOrder(store, next)) return { ...next, version: next.version + 1 }
  }
  throw new DomainError('ORDER_GONE', { order_id: order.order_id })
}
