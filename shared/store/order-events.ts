import { DomainError, sentence } from '../domain/errors.ts'
import { type Decimal, sum, ZERO } from '../domain/money/decimal.ts'
import { mergeFills } from '../domain/order/merge-fills.ts'
import { nextStatus, type OrderEvent } from '../domain/order/transitions.ts'
import type { ExecutionConfirmation, FillReport } from '../messages/order.ts'
import type { Store } from './collection.ts'
import { type OutboxMessage, toOutbox } from './outbox.ts'
import { orderById, replaceOrder, type StoredOrder } from './trading-orders.ts'

/** What was learned of an order. */
export interface OrderReport {
  /** Null where only executions were told. */
  event: OrderEvent | null
  reason?: string | null
  broker_order_id?: string | null
  /** Executions, all of them or some, known ones or new. */
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
  const merged = mergeFills(order.fills ?? [], fills)
  const filled_qty = sum(merged.fills.map(({ quantity }) => quantity))
  const quantity = knownQuantity(order, filled_qty)
  const meant = eventGiven(event, { filled_qty, quantity })
  const following = meant && nextStatus(order.status, meant)
  const status = following === order.status ? null : following
  const unseen = merged.conflicts.filter(({ execution_id }) => !order.reason?.includes(execution_id))
  if (status === null && !merged.changed && unseen.length === 0) return null
  const finished = filled_qty.gte(quantity)
  const next: StoredOrder = {
    ...order,
    quantity,
    fills: merged.fills,
    ...(finished && order.unfinished_exit && { unfinished_exit: false }),
    status: status ?? order.status,
    states: status === null ? order.states : [...order.states, { status, at }],
    broker_order_id: broker_order_id ?? order.broker_order_id,
    filled_qty,
    avg_fill_price: filled_qty.isZero() ? order.avg_fill_price : averageOf(merged.fills, filled_qty),
    reason: unseen.length > 0 ? conflictReason(unseen) : (reason ?? order.reason),
    updated_at: at,
  }
  return { ...next, outbox: [confirmationMessage(next, merged.fills, at), ...alertsAbout(order, next, { conflicts: unseen, at })] }
}

/** Of somebody else's order that was first seen by one execution no more is known than what has filled. */
const knownQuantity = ({ strategy_id, quantity }: StoredOrder, filled_qty: Decimal): Decimal =>
  strategy_id === 'EXTERNAL' && filled_qty.gt(quantity) ? filled_qty : quantity

interface Filling {
  filled_qty: Decimal
  quantity: Decimal
}

/**
 * What an event means beside what has filled: executions say how much, and a status alone never fills anything (rule 10); whatever was
 * said, an order whose executions make up its quantity has filled.
 */
function eventGiven(event: OrderEvent | null, { filled_qty, quantity }: Filling): OrderEvent | null {
  const told = event === null || ['acknowledge', 'fill_part', 'fill', 'cancel', 'expire'].includes(event)
  if (told && filled_qty.gte(quantity)) return 'fill'
  if (event === 'cancel' || event === 'expire' || !told) return event
  if (filled_qty.gt(0)) return 'fill_part'
  return event && 'acknowledge'
}

const conflictReason = (conflicts: readonly FillReport[]): string =>
  sentence('EXECUTION_CHANGED', { execution_ids: conflicts.map(({ execution_id }) => execution_id).join(' ') })

/** What people must know of: more filled than was ordered (rule 14), or an execution told anew with other data (rule 9). */
function alertsAbout(before: StoredOrder, next: StoredOrder, { conflicts, at }: { conflicts: FillReport[]; at: Date }): OutboxMessage[] {
  const { order_id, quantity, filled_qty } = next
  const over = filled_qty.gt(quantity) && before.filled_qty.lte(quantity)
  return [
    ...(over
      ? [
          orderAlert(next, {
            key: 'overfill',
            title: 'An order filled more than it was for',
            detail: sentence('OVERFILL', { order_id, quantity: quantity.toFixed(), filled_qty: filled_qty.toFixed() }),
            at,
          }),
        ]
      : []),
    ...(conflicts.length > 0
      ? [
          orderAlert(next, {
            key: 'execution-changed',
            title: 'A broker told an execution again with other data',
            detail: conflictReason(conflicts),
            at,
          }),
        ]
      : []),
  ]
}

/** An alert about an order, for its outbox; CRITICAL. One key is one matter. */
export const orderAlert = (order: StoredOrder, { key, title, detail, at }: { key: string; title: string; detail: string; at: Date }) =>
  toOutbox({
    topic: 'alerts',
    ordering_key: `${order.account_id}:${order.instrument.symbol}`,
    attributes: { severity: 'CRITICAL' },
    data: {
      severity: 'CRITICAL',
      key: `${key}:${order.order_id}`,
      title,
      detail,
      signal_id: order.signal_id,
      order_id: order.order_id,
      at,
    },
    at,
  })

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
