import { decideSignal } from '../../../functions/cerebro/handler.ts'
import { scenarioCache } from '../../../functions/cerebro/scenario-cache.ts'
import { brokerPool } from '../../../shared/brokers/pool.ts'
import type { StandardizedSignal } from '../../../shared/messages/signal.ts'
import { crashPoint } from '../../../shared/runtime/crash-points.ts'
import type { StepContext } from '../../../shared/runtime/define-step.ts'
import { brokerPlan } from '../../../shared/store/account-hierarchy.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { instrumentNames } from '../../../shared/store/instruments.ts'

const silent = () => undefined

/** Cerebro's own handler over a database, without the messages around it. */
export function cerebroOver(store: Store, now: () => Date): (signal: StandardizedSignal) => Promise<unknown> {
  const decide = decideSignal({
    store,
    brokers: brokerPool({ store, now, crashPoint, instruments: instrumentNames(store), planOf: id => brokerPlan(store, id) }),
    cerebro_version: 'v1',
    time_zone: 'America/New_York',
    scenarios: scenarioCache(store),
    requestSync: async () => undefined,
  })
  const log = { info: silent, warning: silent, error: silent } as unknown as StepContext['log']
  return signal => decide(signal, { now: now(), log, attributes: {}, message_id: signal.signal_id, delivery_attempt: 1 })
}
