import { setTimeout as delay } from 'node:timers/promises'
import { DomainError, TransientError } from '../../shared/domain/errors.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { now as clock } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import type { Waiting } from '../../shared/runtime/outbox.ts'
import { cerebroDecisions, decisionWrite, orderingKey, replaceDecision, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import { tellSignal } from '../../shared/store/signal-progress.ts'
import { advanceSignal, advanceWrites, type ReachedState } from '../../shared/store/trading-signals.ts'
import { writeTogether } from '../../shared/store/write-together.ts'
import { decidedAgain } from './decided-again.ts'
import { decisionDocument } from './decision-document.ts'
import { loadFreshState } from './fresh-state.ts'
import { judge, MOST_TRIES, type Tries } from './judge.ts'
import type { LoadedState, Sources } from './load-state.ts'
import { isOvertaken } from './overtaken.ts'
import { claimQuantities } from './take.ts'

const QUICK_ROUNDS = 2
const BACK_OFF_MS = 10

/** Decides a signal once: load → decide → take margin and claims → store → tell the signal. */
export const decideSignal =
  (sources: Sources) =>
  async (signal: StandardizedSignal, { now, attributes }: StepContext): Promise<Outcome> => {
    const tries = { left: MOST_TRIES }
    for (let round = 0; tries.left > 0; round += 1, tries.left -= 1) {
      // Those who lose a race do not meet again at the same moment.
      if (round > QUICK_ROUNDS) await delay(Math.random() * BACK_OFF_MS * round)
      const loaded = await loadFreshState(sources, signal, round === 0 ? now : clock())
      const again = loaded.decision !== null && mayDecideAgain(loaded.decision, attributes)
      if (loaded.decision && !again) {
        await tell(sources, loaded.decision)
        return decided(loaded.decision)
      }
      const ended_at = again ? endOf(attributes) : null
      const decision = await decideOnce(sources, { signal, loaded, now, tries, ended_at })
      if (!decision) continue
      crashPoint('cerebro:decided')
      if (decision.round !== loaded.decision?.round && (await isOvertaken(sources.store, decision))) {
        attributes = { redecide: 'overtaken', ended_at: clock().toISOString() }
        continue
      }
      return decided(decision)
    }
    throw new TransientError('CONTENTION', { signal_id: signal.signal_id, tries: MOST_TRIES })
  }

/** A decision is final, except what a halt holds and what waits for orders to end; and those only when asked. */
const mayDecideAgain = ({ legs, waiting_for }: StoredDecision, { redecide }: Record<string, string>): boolean =>
  redecide !== undefined && (waiting_for.length > 0 || legs.some(({ decision }) => decision === 'HELD'))

const endOf = ({ ended_at }: Record<string, string>): Date | null => (ended_at === undefined ? null : new Date(ended_at))

interface Deciding {
  signal: StandardizedSignal
  loaded: LoadedState
  now: Date
  tries: Tries
  ended_at: Date | null
}

/** One round; null where the state moved before its margin, claims or document could be written. */
async function decideOnce(sources: Sources, { signal, loaded: read, now, tries, ended_at }: Deciding): Promise<StoredDecision | null> {
  const { store, cerebro_version } = sources
  const judged = await judge(sources, { signal, loaded: read, now, tries, ended_at })
  if (!judged) return null
  const { loaded, legs, taken } = judged
  if (!(await claimQuantities(store, { loaded, legs, now }))) return null
  const document = decisionDocument({ signal, loaded, legs, taken, cerebro_version, now: clock() })
  const earlier = loaded.decision
  if (!earlier) return storeFirst(sources, document)
  const again = decidedAgain(earlier, { document, legs })
  if (!again) return earlier
  const next = { ...again, round: earlier.round + 1 }
  if (!(await replaceDecision(store, next))) return null
  await tell(sources, next)
  return next
}

/** Stores a decision and tells its signal in one round trip; null where another delivery was first. */
async function storeFirst(sources: Sources, decision: StoredDecision): Promise<StoredDecision | null> {
  const [stored, told] = await writeTogether(sources.store, [
    decisionWrite(decision),
    ...(sources.inShadow ? [] : advanceWrites(decision.signal_id, statesOf(decision))),
  ])
  if (stored !== 'written') return null
  if (told !== 'written') await tell(sources, decision)
  return decision
}

async function tell({ store, inShadow }: Sources, decision: StoredDecision): Promise<void> {
  if (inShadow) return
  await advanceSignal(store, decision.signal_id, statesOf(decision))
  // Its last order may have ended while it still waited.
  if (decision.round > 0) await tellSignal(store, decision.signal_id)
}

/** What follows from a stored decision, however often it is met. */
const decided = (stored: StoredDecision): Outcome => {
  const { signal_id, strategy_id, cerebro_version, decision, reason_code } = stored
  return { message: 'signal decided', fields: { signal_id, strategy_id, cerebro_version, decision, reason_code }, flush: waitingOf(stored) }
}

/** A decision's own messages; one that was made again may hold older ones, which go first. */
const waitingOf = ({ round, outbox: messages = [], orders }: StoredDecision): Waiting[] => {
  if (round === 0) return [{ holder: cerebroDecisions, messages }]
  const keys = new Set([...orders.map(orderingKey), ...messages.map(({ ordering_key }) => ordering_key)])
  return [...keys].map(ordering_key => ({ holder: cerebroDecisions, ordering_key }))
}

function statesOf({ decision, timestamp: at, orders, waiting_for, signal_id }: StoredDecision): ReachedState[] {
  switch (decision) {
    case 'HELD':
      return [{ state: 'HELD', at }]
    case 'DENIED':
      return [
        { state: 'DECIDED', at },
        { state: 'DENIED', at },
      ]
    case 'APPROVED': {
      // An exit whose entries were canceled before they filled has nothing left to do.
      const done = waiting_for.length === 0 && !orders.some(({ command }) => command === 'PLACE')
      return [{ state: 'DECIDED', at }, ...(done ? [{ state: 'CANCELED' as const, at }] : [])]
    }
    default:
      throw new DomainError('UNKNOWN_DECISION', { signal_id, decision })
  }
}
