import { sentence } from '../../domain/errors.ts'
import type { PaperOrder } from '../../store/paper-book.ts'
import type { ModifyRequest, OrderId, OrderResult } from '../broker.ts'
import type { Attempted, Venue } from './place-order.ts'
import { reportedAs } from './reported.ts'
import { currentOrder, keep } from './work-now.ts'
import { endEntry, fillsOf, quantityOf } from './work-order.ts'

/** What to make of an order, or why not; asked again where the order moved meanwhile. */
type Change = (order: PaperOrder) => PaperOrder | { refused: string }

async function change(venue: Venue, id: OrderId, attempted: Attempted, decide: Change): Promise<OrderResult> {
  for (;;) {
    const order = await currentOrder(venue, id)
    if (!order) return { kind: 'rejected', reason: sentence('NOT_FOUND', { client_order_id: id.client_order_id }) }
    const next = decide(order)
    if ('refused' in next) return { kind: 'rejected', reason: sentence(next.refused, { client_order_id: id.client_order_id }) }
    attempted()
    const kept = await keep(venue, next)
    // Whoever was first has raised the version without doing this.
    if (kept.version === next.version + 1 && kept.updated_at.getTime() === next.updated_at.getTime()) return confirmed(kept, id)
  }
}

const confirmed = (order: PaperOrder, id: OrderId): OrderResult => {
  const seen = reportedAs(order, id.client_order_id)
  return { kind: 'confirmed', broker_order_id: seen?.broker_order_id ?? order.broker_order_id, ...(seen && { order: seen }) }
}

/** Ends what of an order can still fill. A bracket whose entry has filled is closed by its other orders; each is canceled by its own id. */
export const cancelOrder = (venue: Venue, id: OrderId, attempted: Attempted): Promise<OrderResult> =>
  change(venue, id, attempted, order => {
    const now = venue.now()
    const reason = 'canceled on request'
    if (order.status !== 'WORKING') return { refused: `ALREADY_${order.status}` }
    const side = order.leg_ids.includes(id.client_order_id) ? sideOf(id.client_order_id) : null
    if (!side)
      return order.stage === 'EXIT' && order.order_type === 'BRACKET'
        ? { refused: 'ALREADY_FILLED' }
        : endEntry({ ...order, reason }, 'CANCELED', now)
    if (order.canceled_legs.includes(side)) return { refused: 'ALREADY_CANCELED' }
    const canceled_legs = [...order.canceled_legs, side]
    const ended = order.leg_ids.length === canceled_legs.length && order.stage === 'EXIT'
    return { ...order, canceled_legs, updated_at: now, ...(ended && { status: 'CANCELED' as const, reason }) }
  })

const sideOf = (leg_id: string): 'STOP_LOSS' | 'TAKE_PROFIT' => (leg_id.endsWith('_SL') ? 'STOP_LOSS' : 'TAKE_PROFIT')

/** Changes the terms of a waiting order; what it has filled stays. */
export const modifyOrder = (venue: Venue, request: ModifyRequest, attempted: Attempted): Promise<OrderResult> =>
  change(venue, request, attempted, order => {
    if (order.status !== 'WORKING') return { refused: `ALREADY_${order.status}` }
    const { quantity, ...terms } = request.changes
    const next: PaperOrder = { ...order, ...definedOf(terms), updated_at: venue.now() }
    if (order.leg_ids.includes(request.client_order_id)) return changedLeg({ ...order, updated_at: next.updated_at }, request)
    if (!quantity) return next
    const filled = quantityOf(fillsOf(order, null))
    return quantity.gt(filled) ? { ...next, quantity } : { refused: 'QUANTITY_FILLED' }
  })

/** A bracket with other terms of one of its closing orders. What one of them is for, the other is for as well. */
function changedLeg(order: PaperOrder, { client_order_id, changes }: ModifyRequest): ReturnType<Change> {
  const { quantity, stop_price, limit_price } = changes
  const side = sideOf(client_order_id)
  const other = quantityOf(fillsOf(order, side === 'STOP_LOSS' ? 'TAKE_PROFIT' : 'STOP_LOSS'))
  if (order.canceled_legs.includes(side)) return { refused: 'ALREADY_CANCELED' }
  if (quantity && (order.stage !== 'EXIT' || !quantity.gt(quantityOf(fillsOf(order, side))))) return { refused: 'QUANTITY_FILLED' }
  return {
    ...order,
    ...(side === 'STOP_LOSS' ? { stop_loss: stop_price ?? order.stop_loss } : { take_profit: limit_price ?? order.take_profit }),
    ...(quantity && { close_quantity: quantity.plus(other) }),
  }
}

const definedOf = <T extends object>(changes: T): Partial<T> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined && value !== null)) as Partial<T>
