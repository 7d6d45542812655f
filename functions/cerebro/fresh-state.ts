import { setTimeout as delay } from 'node:timers/promises'
import { decide } from '../../shared/domain/decision/decide.ts'
import type { LegDecision } from '../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../shared/domain/decision/state.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { now as clock } from '../../shared/runtime/clock.ts'
import { type LoadedState, loadState, type Sources } from './load-state.ts'

/** An account's reading is waited for this long, well short of the time in which a message must be acknowledged. */
const READ_WITHIN_MS = 10_000
/** Its comparison with our books: a supervisor that died is replaced after seconds, and then looks at every account. */
const RECONCILED_WITHIN_MS = 15_000
const POLL_EVERY_MS = 100

/**
 * All that a decision depends on, with an account that is open for entries: read lately (CER-1), and compared with its broker since we or it
 * came back (rule 7). An exit waits for nothing, nor does an entry that comes with one.
 */
export async function loadFreshState(sources: Sources, signal: StandardizedSignal, now: Date): Promise<LoadedState> {
  return awaitReconciled(sources, signal, await loadReadState(sources, signal, now))
}

/** At a start the supervisor is just comparing: an entry that would be denied for that alone waits for it. */
async function awaitReconciled(sources: Sources, signal: StandardizedSignal, loaded: LoadedState): Promise<LoadedState> {
  if (!loaded.reconciling || loaded.decision) return loaded
  const legs = decide({ signal, state: loaded.state, now: clock() })
  const waits = legs.some(({ reason_code }) => reason_code === 'BROKER_UNAVAILABLE') && legs.every(isEntry)
  if (!waits) return loaded
  return (await lookAgain(sources, { signal, loaded, within_ms: RECONCILED_WITHIN_MS, isThere: ({ reconciling }) => !reconciling })).latest
}

const isEntry = ({ signal_type }: LegDecision): boolean => signal_type !== 'EXIT'

/** Where an entry would be denied for the age of its account's state alone, a reading is asked for and waited for. */
async function loadReadState(sources: Sources, signal: StandardizedSignal, now: Date): Promise<LoadedState> {
  const loaded = await loadState(sources, signal, now)
  const { account, limits } = loaded.state
  if (!account || !isStale(account.as_of, { now, limits })) return loaded
  const legs = decide({ signal, state: loaded.state, now })
  if (!legs.some(({ reason_code }) => reason_code === 'STALE_ACCOUNT_STATE')) return loaded
  await sources.requestSync(account.account_id, clock())
  if (!legs.every(isEntry)) return withSync(loaded, null)
  return awaitReading(sources, { signal, loaded, isThere: as_of => !isStale(as_of, { now: clock(), limits }) })
}

interface Freed {
  signal: StandardizedSignal
  loaded: LoadedState
  /** Decides by what was loaded. */
  legs: readonly LegDecision[]
  /** When the exit that an entry waited for was done. */
  ended_at: Date
}

/**
 * The state for an entry that waited for its exit (CER-7): where margin would cut or deny it, while the ledger still counts what the exit has
 * closed, a reading of the account from after that is asked for and waited for.
 */
export async function loadFreedState(sources: Sources, { signal, loaded, legs, ended_at }: Freed): Promise<LoadedState> {
  const { account } = loaded.state
  const isThere = (as_of: Date | null) => as_of !== null && as_of > ended_at
  const isShort = legs.some(({ calculation }) => calculation.some(({ step, result }) => step === 'margin' && result !== 'passed'))
  if (!account || !isShort || isThere(account.as_of)) return loaded
  await sources.requestSync(account.account_id, ended_at)
  return awaitReading(sources, { signal, loaded, isThere })
}

interface Awaiting {
  signal: StandardizedSignal
  loaded: LoadedState
  isThere(as_of: Date | null): boolean
}

/** Looks again until the account was read late enough, or it has taken too long. */
async function awaitReading(sources: Sources, { signal, loaded, isThere }: Awaiting): Promise<LoadedState> {
  const isRead = ({ state }: LoadedState) => isThere(state.account?.as_of ?? null)
  const { latest, waited_s } = await lookAgain(sources, { signal, loaded, within_ms: READ_WITHIN_MS, isThere: isRead })
  return withSync(latest, waited_s)
}

interface Looking extends Pick<Awaiting, 'signal' | 'loaded'> {
  within_ms: number
  isThere(loaded: LoadedState): boolean
}

async function lookAgain(
  sources: Sources,
  { signal, loaded, within_ms, isThere }: Looking,
): Promise<{ latest: LoadedState; waited_s: number }> {
  const begun = performance.now()
  const waited = () => performance.now() - begun
  let latest = loaded
  while (waited() < within_ms) {
    await delay(POLL_EVERY_MS)
    latest = await loadState(sources, signal, clock())
    if (isThere(latest)) break
  }
  return { latest, waited_s: waited() / 1000 }
}

const withSync = (from: LoadedState, waited_s: number | null): LoadedState => ({ ...from, state: { ...from.state, sync: { waited_s } } })

const isStale = (as_of: Date | null, { now, limits }: { now: Date; limits: DecisionState['limits'] }): boolean =>
  as_of === null || now.getTime() - as_of.getTime() > limits.max_state_age * 1000
