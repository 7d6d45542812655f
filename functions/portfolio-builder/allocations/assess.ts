import { Problem } from '../../../shared/runtime/problem.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { type Allocation, activeAllocation } from '../../../shared/store/portfolio-allocations.ts'
import { readSettings } from '../../../shared/store/settings.ts'
import { allStrategies } from '../../../shared/store/strategy-configurations.ts'
import { breachesOf, breachSentence } from './limits.ts'
import { allocationMetrics, historyOf, measured, type Percents } from './measure.ts'

export interface Assessed {
  /** Of the allocation in force and of this one, over the same days. */
  simulated: NonNullable<Allocation['simulated']>
  metrics: Allocation['metrics']
  /** Strategies with weight but no history, whose risk nobody knows. */
  unmeasured: string[]
  four_eyes: boolean
}

/** Judges weights before they come into force. @throws Problem 422 UNKNOWN_STRATEGY, or LIMIT_EXCEEDED with the figures */
export async function assess(store: Store, percents: Percents): Promise<Assessed> {
  const [settings, active, strategies] = await Promise.all([readSettings(store), activeAllocation(store), allStrategies(store)])
  assertKnown(percents, new Set(strategies.map(({ strategy_id }) => strategy_id)))
  const { scenarios, inputs } = await historyOf(store, [percents, active?.allocations ?? {}])
  const own = await historyOf(store, [percents])
  const figures = measured(own.scenarios, percents)
  const breaches = breachesOf(percents, { limits: settings.optimization, inputs, figures })
  if (breaches.length > 0) {
    throw new Problem({
      status: 422,
      code: 'LIMIT_EXCEEDED',
      detail: `${breaches.map(breachSentence).join('; ')}. Lower the weights, or change the limit in the settings first.`,
      errors: breaches.map(breach => ({
        path: `allocations${breach.strategy_id ? `.${breach.strategy_id}` : ''}`,
        message: breachSentence(breach),
      })),
      figures: { breaches },
    })
  }
  const known = new Set(inputs.map(({ strategy_id }) => strategy_id))
  return {
    simulated: { before: active && measured(scenarios, active.allocations), after: measured(scenarios, percents) },
    metrics: allocationMetrics(percents, figures),
    unmeasured: Object.entries(percents).flatMap(([id, percent]) => (percent > 0 && !known.has(id) ? [id] : [])),
    four_eyes: settings.four_eyes,
  }
}

function assertKnown(percents: Percents, known: ReadonlySet<string>): void {
  const errors = Object.keys(percents).flatMap(id =>
    known.has(id) ? [] : [{ path: `allocations.${id}`, message: `there is no strategy ${id}` }],
  )
  if (errors.length > 0)
    throw new Problem({ status: 422, code: 'UNKNOWN_STRATEGY', detail: 'A weight names no strategy; see errors.', errors })
}
