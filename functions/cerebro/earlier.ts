import type { EarlierDecision } from '../../shared/domain/decision/earlier.ts'
import type { StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ordersById } from '../../shared/store/trading-orders.ts'

/** What a stored decision came to, with what has become of the entries that it canceled. */
export async function earlierDecision(store: Store, { legs, orders, waiting_for }: StoredDecision): Promise<EarlierDecision> {
  const canceled = orders.flatMap(({ target_order_id }) => (target_order_id === null ? [] : [target_order_id]))
  const found = canceled.length > 0 ? await ordersById(store, canceled) : []
  return {
    parts: legs,
    orders: orders.map(({ order_id, command, target_order_id, quantity }) => ({
      order_id,
      command: command === 'CANCEL' ? command : 'PLACE',
      target_order_id,
      quantity,
    })),
    waiting_for,
    canceled: new Map(found.map(({ order_id, quantity, filled_qty }) => [order_id, { quantity, filled: filled_qty }])),
  }
}
