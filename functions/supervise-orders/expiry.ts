import type { Broker } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { now } from '../../shared/runtime/clock.ts'
import { cancelsWanted } from '../../shared/store/cerebro-decisions.ts'
import { positionOf } from '../../shared/store/positions.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import { learn } from './record.ts'
import type { Look } from './supervision.ts'

/**
 * Takes back what should work no longer: an entry past its time (rule 21), what was to be canceled before anybody knew where it was, and a
 * bracket's closing orders once the position that they close is gone. What fills before the cancel counts.
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
  const { is_exit, expires_at, parent_order_id, action, cancel_wanted } = order
  if (cancel_wanted !== undefined) return cancel_wanted
  if (!is_exit) return expires_at && expires_at <= now() ? `EXPIRED: expires_at=${expires_at.toISOString()}` : null
  if (parent_order_id === undefined) return null
  const held = (await positionOf(store, order))?.quantity
  const closes = held && !held.isZero() && held.isNegative() === (action === 'BUY')
  return closes ? null : 'canceled by the end of its position'
}

async function cancel(look: Look, { broker, order, reason }: { broker: Broker; order: StoredOrder; reason: string }): Promise<void> {
  const pending = await learn(look, order, { event: 'request_cancel', reason })
  const result = await broker.cancelOrder(pending)
  const seen = result.kind === 'confirmed' && result.order ? result.order : await broker.getOrder(pending)
  if (seen) await learn(look, pending, reportOf(seen))
}
