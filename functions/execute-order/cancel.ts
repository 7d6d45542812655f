import { reportOf } from '../../shared/brokers/order-report.ts'
import { nextStatus } from '../../shared/domain/order/transitions.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { recordReport } from '../../shared/store/order-events.ts'
import { isUnsent, orderById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import type { Execution } from './execution.ts'

/**
 * Asks the broker to cancel an order that may still fill; null where there is none. What the broker then says of the order is what counts,
 * so a fill that was faster is booked, and a cancel without an answer stays pending.
 */
export async function cancelOrder(
  { store, brokers }: Pick<Execution, 'store' | 'brokers'>,
  command: OrderCommand,
): Promise<StoredOrder | null> {
  const target = command.target_order_id === null ? null : await orderById(store, command.target_order_id)
  if (!target) return null
  if (target.status === 'NEW') return recordReport(store, target, { event: 'cancel', reason: `canceled by ${command.signal_id}` }, now())
  if (target.status === 'SUBMITTING' || target.status === 'UNKNOWN') return cancelLater({ store, brokers }, target, command)
  if (nextStatus(target.status, 'request_cancel') === null) return target
  const pending = await recordReport(store, target, { event: 'request_cancel', reason: `canceled by ${command.signal_id}` }, now())
  // What is marked as to be canceled is sent by nobody any more.
  if (isUnsent(pending)) return recordReport(store, pending, { event: 'cancel', reason: pending.reason }, now())
  // It may be several orders at the broker, of which the supervisor knows.
  if (pending.part_client_ids) return pending
  const broker = await brokers(target.broker_id)
  const answer = await broker.cancelOrder(pending).catch(() => ({ kind: 'unknown' as const }))
  if (answer.kind === 'unknown') return pending
  const seen = await broker.getOrder(pending).catch(() => null)
  if (!seen) return pending
  const goesOn = answer.kind === 'rejected' && seen.status === 'SUBMITTED'
  return recordReport(store, pending, goesOn ? { event: 'refuse_cancel', reason: answer.reason } : reportOf(seen), now())
}

/** Nobody knows yet whether it is at the broker: whoever finds out cancels it. */
async function cancelLater(
  execution: Pick<Execution, 'store' | 'brokers'>,
  target: StoredOrder,
  command: OrderCommand,
): Promise<StoredOrder | null> {
  const next = { ...target, cancel_wanted: `canceled by ${command.signal_id}` }
  if (!(await replaceOrder(execution.store, next))) return cancelOrder(execution, command)
  return { ...next, version: target.version + 1 }
}
