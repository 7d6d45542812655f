import { nextStatus } from '../../shared/domain/order/transitions.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { isUnsent, orderById, replaceOrder, type StoredOrder, withChanges } from '../../shared/store/trading-orders.ts'
import type { Execution } from './execution.ts'

/**
 * Changes a working order; null where there is none. What is wanted is stored before the broker is asked and stays there until the broker
 * has confirmed or rejected it, so that a change without an answer stays pending (rule 6).
 */
export async function modifyOrder({ store, brokers }: Execution, command: OrderCommand): Promise<StoredOrder | null> {
  const target = command.target_order_id === null ? null : await orderById(store, command.target_order_id)
  if (!target || nextStatus(target.status, 'request_cancel') === null) return target
  const { quantity, limit_price, stop_price } = command
  const wanted = { quantity, limit_price, stop_price }
  const asking = isUnsent(target) ? withChanges({ ...target, updated_at: now() }, wanted) : { ...target, wanted, updated_at: now() }
  if (!(await replaceOrder(store, asking))) return modifyOrder({ store, brokers, allowLive: false }, command)
  const pending: StoredOrder = { ...asking, version: target.version + 1 }
  if (isUnsent(pending)) return pending
  const [broker, instrument] = await Promise.all([brokers(target.broker_id), instrumentById(store, target.instrument_id)])
  if (!instrument) return pending
  const answer = await broker.modifyOrder({ ...pending, instrument, changes: wanted }).catch(() => ({ kind: 'unknown' as const }))
  if (answer.kind === 'unknown') return pending
  const { wanted: _, ...settled } = pending
  const changed = answer.kind === 'confirmed' ? withChanges(settled, wanted) : { ...settled, reason: `BROKER_REJECTED: ${answer.reason}` }
  return (await replaceOrder(store, { ...changed, updated_at: now() }, ['wanted'])) ? { ...changed, version: pending.version + 1 } : pending
}
