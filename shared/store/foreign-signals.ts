import type { ChangeStream, Document, ResumeToken } from 'mongodb'
import { isDuplicateKey, type Store } from './collection.ts'
import { resumeTokenOf } from './resume-tokens.ts'
import { type StoredSignal, tradingSignals } from './trading-signals.ts'

/** A signal that somebody wrote into the database, as it was written. */
export type ForeignSignal = Document

/** How another writer's document ends that becomes no signal. */
export interface Ending {
  status: 'REFUSED' | 'DUPLICATE'
  /** Whose it is, where its credential was right. */
  strategy_id: string | null
  received_at: Date
  /** Why it is refused. */
  refusal: { code: string; detail: string } | null
  /** The signal that it repeats. */
  duplicate_of: string | null
  /** As it was written, without its passphrase. */
  raw: unknown
}

/** What nobody has taken yet. Uses (status, received_at). */
const untaken = { status: null, signal_id: null }

const ours = (environment: string) => ({ environment: { $in: [environment, null] } })

/** What others wrote for this environment that nobody has taken yet. */
export const untakenSignals = (store: Store, environment: string, limit: number): Promise<ForeignSignal[]> =>
  tradingSignals
    .in(store)
    .find({ ...untaken, ...ours(environment) })
    .limit(limit)
    .toArray()

/** Turns another writer's document into a signal, unless somebody has; tells which unique key was taken when it is not new. */
export async function takeForeign(
  store: Store,
  _id: unknown,
  signal: StoredSignal,
): Promise<'stored' | 'identity taken' | 'id taken' | 'gone'> {
  try {
    const { matchedCount } = await tradingSignals.in(store).replaceOne({ _id: _id as never, ...untaken }, { ...signal })
    return matchedCount === 1 ? 'stored' : 'gone'
  } catch (error) {
    if (isDuplicateKey(error, 'identity')) return 'identity taken'
    if (isDuplicateKey(error, 'signal_id')) return 'id taken'
    throw error
  }
}

/** Ends another writer's document that becomes no signal, unless somebody has taken it. Its secrets go with what is replaced. */
export async function endForeign(store: Store, _id: unknown, ending: Ending): Promise<void> {
  const { strategy_id, ...known } = ending
  const { status, received_at } = ending
  const states = [
    { state: 'RECEIVED', at: received_at },
    { state: status, at: received_at },
  ]
  await tradingSignals
    .in(store)
    .replaceOne({ _id: _id as never, ...untaken }, { ...known, ...(strategy_id === null ? {} : { strategy_id }), states })
}

/** What others insert from now on, or behind the stored token. */
export async function watchForeign(store: Store, wait_ms: number): Promise<ChangeStream> {
  const stored = await resumeTokenOf(store, tradingSignals.name)
  const inserted = { operationType: 'insert', 'fullDocument.signal_id': { $exists: false }, 'fullDocument.status': { $exists: false } }
  const where = stored ? { resumeAfter: stored.token as ResumeToken } : {}
  return tradingSignals.in(store).watch([{ $match: inserted }], { ...where, maxAwaitTimeMS: wait_ms })
}

const LOST = [260, 280, 286]

/** Whether a stream cannot go on where it was, and what it missed has to be found by status. */
export const isLostPlace = (error: unknown): boolean => LOST.includes((error as { code?: number }).code ?? 0)
