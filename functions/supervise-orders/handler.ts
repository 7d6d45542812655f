import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import { errorText } from '../../shared/runtime/log.ts'
import type { Waiting } from '../../shared/runtime/outbox.ts'
import { cerebroDecisions } from '../../shared/store/cerebro-decisions.ts'
import { orderById, ordersInStatus, type StoredOrder, tradingOrders } from '../../shared/store/trading-orders.ts'
import { resendLostExits } from './lost-exits.ts'
import { freeOrphanReservations } from './orphan-reservations.ts'
import { resolveOrder } from './resolve-order.ts'
import type { Supervision } from './supervision.ts'

/** Orders active within this time are left to those who work on them. */
const QUIET_MS = 5_000
const MOST_ORDERS = 1_000

const outboxOf = ({ account_id, instrument }: StoredOrder): Waiting => ({
  holder: tradingOrders,
  ordering_key: `${account_id}:${instrument.symbol}`,
})

/** An attempt ended without an answer: the broker is asked until it is sure. */
export const superviseOne =
  (supervision: Supervision) =>
  async ({ order_id, signal_id }: ExecutionConfirmation): Promise<Outcome> => {
    const order = await orderById(supervision.store, order_id)
    if (order?.status !== 'UNKNOWN') return { message: 'order already resolved', fields: { order_id, signal_id, status: order?.status } }
    const resolved = await resolveOrder(supervision, order)
    return { message: 'order resolved', fields: { order_id, signal_id, status: resolved.status }, flush: [outboxOf(resolved)] }
  }

/** The regular look: orders without an end, margin that nobody holds, exits that never reached execution. */
export const superviseAll =
  (supervision: Supervision) =>
  async (_run: unknown, { log }: StepContext): Promise<Outcome> => {
    const open = await ordersInStatus(
      supervision.store,
      ['SUBMITTING', 'UNKNOWN', 'SUBMITTED', 'PARTIALLY_FILLED', 'CANCEL_PENDING'],
      MOST_ORDERS,
    )
    const quiet = open.filter(({ updated_at }) => now().getTime() - updated_at.getTime() > QUIET_MS)
    const results = await Promise.allSettled(quiet.map(order => resolveOrder(supervision, order)))
    for (const result of results) if (result.status === 'rejected') log.warning('order not resolved', { error: errorText(result.reason) })
    const [freed, resent] = await Promise.all([freeOrphanReservations(supervision.store), resendLostExits(supervision.store)])
    return {
      message: 'orders supervised',
      fields: { open: open.length, looked_at: quiet.length, reservations_freed: freed, exits_resent: resent.length },
      flush: [...quiet.map(outboxOf), ...resent.map(ordering_key => ({ holder: cerebroDecisions, ordering_key }))],
    }
  }
