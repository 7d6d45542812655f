import { isTerminal } from '../domain/order/transitions.ts'
import { signalProgress } from '../domain/signal/progress.ts'
import { decisionsQuery, type StoredDecision } from './cerebro-decisions.ts'
import type { Store } from './collection.ts'
import { readTogether } from './query.ts'
import { ordersOfSignalQuery, type StoredOrder } from './trading-orders.ts'
import { advanceSignal, type ReachedState } from './trading-signals.ts'

/** What a signal's progress is computed from. */
export const progressQueries = (signal_id: string) => ({ orders: ordersOfSignalQuery(signal_id), decisions: decisionsQuery([signal_id]) })

/** The states that a signal's orders together have brought it to. */
export function reachedBy({ orders, decisions }: { orders: StoredOrder[]; decisions: StoredDecision[] }): ReachedState[] {
  const [decision] = decisions
  const own = orders.filter(({ parent_order_id }) => parent_order_id === undefined)
  const planned = decision?.orders.filter(({ command }) => command === 'PLACE').length ?? own.length
  const waiting = decision !== undefined && (decision.waiting_for.length > 0 || decision.legs.some(leg => leg.decision === 'HELD'))
  // An exit that goes on in another rung, or will, has not ended with the rung that failed.
  const going = own.some(({ unfinished_exit, status }) => unfinished_exit && isTerminal(status))
  const counted = own.filter(({ superseded_by }) => superseded_by === undefined)
  const complete = own.length >= planned && !waiting && !going && counted.length > 0
  return signalProgress(complete ? counted : own, { complete })
}

/** Moves a signal to what its orders together have reached. */
export const tellSignal = async (store: Store, signal_id: string): Promise<void> =>
  advanceSignal(store, signal_id, reachedBy(await readTogether(store, progressQueries(signal_id))))
