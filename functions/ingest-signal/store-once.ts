import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Store } from '../../shared/store/collection.ts'
import { toOutbox } from '../../shared/store/outbox.ts'
import { insertSignal, type StoredSignal, signalByIdentity } from '../../shared/store/trading-signals.ts'
import { type Identity, isOfLastMinute } from './identity.ts'
import { refuse } from './refuse.ts'
import { signalIdSequence } from './sequence.ts'

export type Draft = Omit<StoredSignal, 'signal_id' | 'status' | 'states' | 'outbox'> & Partial<Pick<Identity, 'identity_before'>>

export interface StoredOnce {
  signal: StoredSignal
  duplicate: boolean
}

/** Writes a new signal, or tells which of its unique keys is taken. */
type Put = (signal: StoredSignal) => Promise<'stored' | 'identity taken' | 'id taken'>

/**
 * Stores a new signal, or finds the one that it repeats. The database's unique keys decide, whoever comes at the same time; repeats that
 * come together in one process wait for the first, so that they use up no ids.
 * @throws Problem 409 SIGNAL_ID_REUSED where the earlier one has other legs
 */
export function signalStorage(store: Store): (draft: Draft, put?: Put) => Promise<StoredOnce> {
  const nextId = signalIdSequence()
  const storing = new Map<string, Promise<StoredOnce | null>>()

  const insert = async (draft: Draft, put: Put): Promise<StoredOnce | null> => {
    const earlier = await repeatFromBefore(store, draft)
    if (earlier) return earlier
    for (;;) {
      const signal = withOutbox(draft, nextId(draft.strategy_id, draft.received_at))
      crashPoint('ingest-signal:before-store')
      const outcome = await put(signal)
      if (outcome !== 'id taken') return outcome === 'stored' ? { signal, duplicate: false } : null
    }
  }

  return async (draft, put = signal => insertSignal(store, signal)) => {
    const key = `${draft.strategy_id}\n${draft.identity_before ? withoutMinute(draft.identity) : draft.identity}`
    for (;;) {
      const first = storing.get(key)
      if (first) {
        await first.catch(() => null)
      } else {
        const own = insert(draft, put).finally(() => storing.delete(key))
        storing.set(key, own)
        const stored = await own
        if (stored) return stored
      }
      const repeated = await repeatOf(store, draft)
      if (repeated) return repeated
    }
  }
}

const withoutMinute = (identity: string): string => identity.slice(0, identity.lastIndexOf(':'))

/** A signal without an id that came less than a minute ago, before the turn of the minute. */
async function repeatFromBefore(store: Store, { strategy_id, identity_before, received_at }: Draft): Promise<StoredOnce | null> {
  if (!identity_before) return null
  const earlier = await signalByIdentity(store, { strategy_id, identity: identity_before })
  return earlier && isOfLastMinute(earlier.received_at, received_at) ? { signal: earlier, duplicate: true } : null
}

async function repeatOf(store: Store, draft: Draft): Promise<StoredOnce | null> {
  const earlier = await signalByIdentity(store, draft)
  if (!earlier) return null
  if (earlier.content_hash === draft.content_hash) return { signal: earlier, duplicate: true }
  const detail = `signalID ${draft.sender_signal_id} is ${earlier.signal_id}, with other legs. Send each signal under an id of its own.`
  throw refuse('SIGNAL_ID_REUSED', detail)
}

function withOutbox({ identity_before: _before, ...draft }: Draft, signal_id: string): StoredSignal {
  const { strategy_id, identity: _identity, content_hash: _hash, raw: _raw, ...content } = draft
  const at = draft.received_at
  const states: StoredSignal['states'] = [
    { state: 'RECEIVED', at },
    { state: 'STANDARDIZED', at },
  ]
  const message = { signal_id, strategy_id, ...content }
  const outbox = [toOutbox({ topic: 'standardized-signals', ordering_key: strategy_id, data: message, at })]
  return { ...draft, signal_id, status: 'STANDARDIZED', states, outbox }
}
