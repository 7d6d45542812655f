import type { Broker } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { now } from '../../shared/runtime/clock.ts'
import { cancelsWanted } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { unbookedAmong } from '../../shared/store/fills.ts'
import { positionOf } from '../../shared/store/positions.ts'
import { isUnsent, ordersById, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { learn } from './record.ts'
import { type Look, QUIET_MS } from './supervision.ts'

/**
 * Takes back what should work no longer: an entry past its time (rule 21), what was to be canceled before anybody knew where it was, and a
 * exits, closing orders of brackets among them, once the position that they close is gone. What fills before the cancel counts.
 */
export async function cancelStale(look: Look, broker: Broker, open: readonly StoredOrder[]): Promise<void> {
  for (const order of open) {
    if (order.status !== 'SUBMITTED' && order.status !== 'PARTIALLY_FILLED') continue
    const reason = await staleReason(look, order)
    if (reason) await cancel(look, { broker, order, reason })
  }
}

/** A cancel that came before its order was dropped: what a decision still waits for is canceled now. */
export async function cancelAwaited(look: Look, broker: Broker, open: readonly StoredOrder[]): Promise<void> {
  const working = open.filter(({ status, is_exit }) => !is_exit && (status === 'SUBMITTED' || status === 'PARTIALLY_FILLED'))
  const wanted = await cancelsWanted(
    look.store,
    working.map(({ order_id }) => order_id),
  )
  for (const order of working) {
    const signal_id = wanted.get(order.order_id)
    if (signal_id !== undefined) await cancel(look, { broker, order, reason: `canceled by ${signal_id}` })
  }
}

async function staleReason({ store }: Look, order: StoredOrder): Promise<string | null> {
  const { is_exit, expires_at, action, cancel_wanted } = order
  if (cancel_wanted !== undefined) return cancel_wanted
  if (!is_exit) return expires_at && expires_at <= now() ? `EXPIRED: expires_at=${expires_at.toISOString()}` : null
  const held = (await positionOf(store, order))?.quantity
  const closes = held && !held.isZero() && held.isNegative() === (action === 'BUY')
  return closes || !held || !(await isAllBooked(store, order)) ? null : 'canceled by the end of its position'
}

/** A position that lacks what was just filled has not ended: neither before its entry is booked, nor while this very exit fills. */
export async function isAllBooked(store: Store, { order_id, parent_order_id, account_id, updated_at }: StoredOrder): Promise<boolean> {
  if (Math.abs(now().getTime() - updated_at.getTime()) < QUIET_MS) return false
  const own = await ordersById(store, [order_id, ...(parent_order_id === undefined ? [] : [parent_order_id])])
  const fills = own.flatMap(order => order.fills ?? [])
  const unbooked = await unbookedAmong(
    store,
    fills.map(({ execution_id }) => ({ account_id, execution_id })),
  )
  return unbooked.size === 0
}

interface Canceling {
  broker: Broker
  order: StoredOrder
  reason: string
}

/** Takes an order back; as it is after what the broker says at once. */
export async function cancel(look: Look, { broker, order, reason }: Canceling): Promise<StoredOrder> {
  const pending = await learn(look, order, { event: 'request_cancel', reason })
  // What is marked as to be canceled is sent by nobody any more.
  if (isUnsent(pending)) return learn(look, pending, { event: 'cancel', reason })
  if (pending.part_client_ids) return pending
  const result = await broker.cancelOrder(pending)
  const seen = result.kind === 'confirmed' && result.order ? result.order : await broker.getOrder(pending)
  return seen ? learn(look, pending, reportOf(seen)) : pending
}
