import { signalProgress } from '../domain/signal/progress.ts'
import { decisionsOf } from './cerebro-decisions.ts'
import type { Store } from './collection.ts'
import { ordersOfSignal } from './trading-orders.ts'
import { advanceSignal } from './trading-signals.ts'

/** Moves a signal to what its orders together have reached, computed from all of them. */
export async function tellSignal(store: Store, signal_id: string): Promise<void> {
  const [orders, decisions] = await Promise.all([ordersOfSignal(store, signal_id), decisionsOf(store, [signal_id])])
  const decision = decisions.get(signal_id)
  const planned = decision?.orders.filter(({ command }) => command === 'PLACE').length ?? orders.length
  const waiting = (decision?.waiting_for.length ?? 0) > 0
  await advanceSignal(store, signal_id, signalProgress(orders, { complete: orders.length >= planned && !waiting }))
}
