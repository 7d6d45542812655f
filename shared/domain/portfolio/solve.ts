import { bindingLimits } from './binding-limits.ts'
import { constructors } from './constructors/registry.ts'
import { type Obstacle, obstacles } from './infeasible.ts'
import { largestFeasibleScale } from './largest-feasible-scale.ts'
import { type Correlations, correlations, pairwiseCorrelations } from './measures/correlation.ts'
import { type Metrics, metricsOf } from './metrics.ts'
import { type Prepared, prepare } from './prepare.ts'
import type { ConstructorName, Limits, Means, Problem, SolvedStatus } from './problem.ts'
import { portfolioReturns } from './scenarios.ts'

export interface PortfolioAnswer {
  status: SolvedStatus | 'measured'
  /** Null where weights were only measured. */
  constructor_name: ConstructorName | null
  /** The constructor's own figure; null unless optimal. */
  objective: number | null
  /** In the order of the scenarios; all 0 unless optimal or measured. */
  weights: number[]
  /** Names of the limits that the weights rest on. */
  binding: string[]
  /** Of the weights over the common dates; null unless optimal or measured. */
  metrics: Metrics | null
  /** By what the weights may be multiplied before a limit stops them; null where none or nothing does. */
  largest_feasible_scale: number | null
  correlation: Correlations
  correlation_pairwise: Correlations
  /** Where infeasible: limits of which moving one alone would be enough, and how far. */
  obstacles: Obstacle[]
  warnings: string[]
}

/** Days a strategy under which weights say more about chance than about strategies (POR-6). */
const DAYS_EACH = 20

const fullyInvested: readonly ConstructorName[] = ['min_cvar', 'min_risk', 'max_sharpe']

/** Solves a problem and says everything about the answer that screens, files and commands show. Pure; takes as long as the solver does. */
export function solve(problem: Problem, means: Means): PortfolioAnswer {
  const limits = impliedLimits(problem)
  const prepared = prepare(problem, means, limits)
  const found = constructors[problem.constructor_name](prepared)
  const described = describe(prepared, found.weights, found.status === 'optimal')
  return {
    ...described,
    status: found.status,
    constructor_name: problem.constructor_name,
    objective: found.objective,
    obstacles: found.status === 'infeasible' ? obstacles(prepared) : [],
  }
}

/** Says the same of weights that are given, without solving anything. */
export function measure(problem: Omit<Problem, 'constructor_name'>, weights: ArrayLike<number>): PortfolioAnswer {
  const prepared = prepare({ ...problem, constructor_name: 'equal_weight' }, { solver: unused, seed: 0 })
  const described = describe(prepared, Float64Array.from(weights), true)
  return { ...described, status: 'measured', constructor_name: null, objective: null, obstacles: [] }
}

const unused = {
  createModel: () => {
    throw new Error('NO_SOLVER: weights are only measured')
  },
}

/** `min_cvar`, `min_risk` and `max_sharpe` mean a fully invested portfolio where nothing else is said. */
export const impliedLimits = ({ constructor_name, limits }: Problem): Limits =>
  fullyInvested.includes(constructor_name) && limits.sum === undefined ? { ...limits, sum: 1 } : limits

function describe(prepared: Prepared, weights: Float64Array, has: boolean) {
  const { scenarios, problem } = prepared
  const scale = has ? largestFeasibleScale(prepared, weights) : null
  return {
    weights: [...weights],
    binding: has ? bindingLimits(prepared, weights) : [],
    metrics: has ? metricsOf(portfolioReturns(scenarios.columns, weights)) : null,
    largest_feasible_scale: scale !== null && Number.isFinite(scale) ? scale : null,
    ...correlationsOf(problem.scenarios.columns, scenarios.columns),
    warnings: warningsOf(prepared),
  }
}

/** Both are one where nothing is missing. */
function correlationsOf(all: readonly Float64Array[], common: readonly Float64Array[]) {
  const correlation = correlations(common)
  const complete = all[0]?.length === common[0]?.length
  return { correlation, correlation_pairwise: complete ? correlation : pairwiseCorrelations(all) }
}

function warningsOf({ scenarios, problem }: Prepared): string[] {
  const { names, dates } = scenarios
  const dropped = problem.scenarios.dates.length - dates.length
  const still = scenarios.columns.flatMap((column, index) => (column.every(value => value === column[0]) ? [names[index]] : []))
  return [
    ...(dropped > 0 ? [`${dropped} of ${problem.scenarios.dates.length} dates are left out: not every strategy has a return there.`] : []),
    ...(dates.length < DAYS_EACH * names.length
      ? [`${dates.length} days for ${names.length} strategies are fewer than ${DAYS_EACH} each: weights will follow chance.`]
      : []),
    ...(still.length > 0 ? [`${still.join(', ')} never varies; it is left out of Sharpe.`] : []),
  ]
}
