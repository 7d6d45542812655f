import { entryTurns } from '../../../functions/cerebro/entry-turns.ts'
import { decideSignal } from '../../../functions/cerebro/handler.ts'
import { loadState, type Sources } from '../../../functions/cerebro/load-state.ts'
import { scenarioCache } from '../../../functions/cerebro/scenario-cache.ts'
import { openForDecisions } from '../../../shared/brokers/capabilities.ts'
import { brokerPool } from '../../../shared/brokers/pool.ts'
import { decide } from '../../../shared/domain/decision/decide.ts'
import type { StandardizedSignal } from '../../../shared/messages/signal.ts'
import { crashPoint } from '../../../shared/runtime/crash-points.ts'
import type { StepContext } from '../../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../../shared/store/account-hierarchy.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { instrumentNames } from '../../../shared/store/instruments.ts'

const silent = () => undefined

const sourcesOver = (store: Store, now: () => Date): Sources => ({
  store,
  brokers: brokerPool({
    open: openForDecisions,
    store,
    now,
    crashPoint,
    instruments: instrumentNames(store),
    planOf: id => brokerPlan(store, id),
  }),
  cerebro_version: 'v1',
  inShadow: false,
  time_zone: 'America/New_York',
  scenarios: scenarioCache(store),
  turns: entryTurns(),
  requestSync: async () => undefined,
})

type Decide = (signal: StandardizedSignal, attributes?: Record<string, string>) => Promise<unknown>

/** Cerebro's own handler over a database, without the messages around it. */
export function cerebroOver(store: Store, now: () => Date, given: Partial<Pick<Sources, 'requestSync' | 'brokers'>> = {}): Decide {
  const decide = decideSignal({ ...sourcesOver(store, now), ...given })
  const log = { info: silent, warning: silent, error: silent } as unknown as StepContext['log']
  return (signal, attributes = {}) => decide(signal, { now: now(), log, attributes, message_id: signal.signal_id, delivery_attempt: 1 })
}

/** The pure part of a signal's decision on the state of now, ready to be timed. */
export async function pureDecision(store: Store, signal: StandardizedSignal): Promise<() => unknown> {
  const now = new Date()
  const { state } = await loadState(
    sourcesOver(store, () => now),
    signal,
    now,
  )
  return () => decide({ signal, state, now })
}
