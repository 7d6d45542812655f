import { standardizedSignal } from '../messages/signal.ts'
import type { Store } from './collection.ts'
import { type OutboxMessage, toOutbox } from './outbox.ts'
import { signalById } from './trading-signals.ts'

/** The message that makes Cerebro decide a signal again that waited for an order's end, and says when that was; null where there is no such signal. */
export async function redecideMessage(store: Store, { signal_id, at }: { signal_id: string; at: Date }): Promise<OutboxMessage | null> {
  const signal = await signalById(store, signal_id)
  if (!signal) return null
  const data = standardizedSignal.encode(signal)
  return toOutbox({
    topic: 'standardized-signals',
    ordering_key: signal.strategy_id,
    attributes: { redecide: 'order ended', ended_at: at.toISOString() },
    data,
    at,
  })
}
