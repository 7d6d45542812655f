import { setTimeout as delay } from 'node:timers/promises'
import { decide } from '../../shared/domain/decision/decide.ts'
import type { DecisionState } from '../../shared/domain/decision/state.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { now as clock } from '../../shared/runtime/clock.ts'
import { type LoadedState, loadState, type Sources } from './load-state.ts'

/** An account's reading is waited for this long, well short of the time in which a message must be acknowledged. */
const WAIT_MS = 10_000
const POLL_EVERY_MS = 100

/**
 * All that a decision depends on, with a state of the account that is new enough (CER-1): where an entry would be denied for its age alone, a
 * reading is asked for and waited for. An exit waits for nothing, nor does an entry that comes with one.
 */
export async function loadFreshState(sources: Sources, signal: StandardizedSignal, now: Date): Promise<LoadedState> {
  const loaded = await loadState(sources, signal, now)
  const { account, limits } = loaded.state
  if (!account || !isStale(account.as_of, { now, limits })) return loaded
  const legs = decide({ signal, state: loaded.state, now })
  if (!legs.some(({ reason_code }) => reason_code === 'STALE_ACCOUNT_STATE')) return loaded
  await sources.requestSync(account.account_id, clock())
  const withSync = (from: LoadedState, waited_s: number | null): LoadedState => ({ ...from, state: { ...from.state, sync: { waited_s } } })
  if (legs.some(({ signal_type }) => signal_type === 'EXIT')) return withSync(loaded, null)
  const begun = performance.now()
  const waited = () => performance.now() - begun
  let latest = loaded
  while (waited() < WAIT_MS) {
    await delay(POLL_EVERY_MS)
    latest = await loadState(sources, signal, clock())
    if (!isStale(latest.state.account?.as_of ?? null, { now: clock(), limits })) break
  }
  return withSync(latest, waited() / 1000)
}

const isStale = (as_of: Date | null, { now, limits }: { now: Date; limits: DecisionState['limits'] }): boolean =>
  as_of === null || now.getTime() - as_of.getTime() > limits.max_state_age * 1000
