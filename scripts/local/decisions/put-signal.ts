import type { StandardizedSignal } from '../../../shared/messages/signal.ts'
import type { Store } from '../../../shared/store/collection.ts'

/** Puts a signal where the door would have put it. */
export async function putSignal(store: Store, signal: StandardizedSignal): Promise<void> {
  const at = signal.received_at
  await store.db.collection('trading_signals').insertOne({
    ...signal,
    identity: `id:${signal.signal_id}`,
    content_hash: '',
    raw: {},
    status: 'STANDARDIZED',
    states: [
      { state: 'RECEIVED', at },
      { state: 'STANDARDIZED', at },
    ],
  })
}
