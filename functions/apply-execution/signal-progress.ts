import { signalProgress } from '../../shared/domain/signal/progress.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { decisionsOf } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ordersOfSignal } from '../../shared/store/trading-orders.ts'
import { advanceSignal } from '../../shared/store/trading-signals.ts'

/** Moves a signal to what its orders together have reached, computed from all of them. */
export async function tellSignal(store: Store, { signal_id }: ExecutionConfirmation): Promise<void> {
  const [orders, decisions] = await Promise.all([ordersOfSignal(store, signal_id), decisionsOf(store, [signal_id])])
  const decision = decisions.get(signal_id)
  const planned = decision?.orders.filter(({ command }) => command === 'PLACE').length ?? orders.length
  const waiting = (decision?.waiting_for.length ?? 0) > 0
  await advanceSignal(store, signal_id, signalProgress(orders, { complete: orders.length >= planned && !waiting }))
}
