import { largestFeasibleScale } from '../largest-feasible-scale.ts'
import { total } from '../measures/series.ts'
import { sharpe } from '../measures/sharpe.ts'
import type { Prepared } from '../prepare.ts'
import type { Found } from '../problem.ts'
import { portfolioReturns } from '../scenarios.ts'

/**
 * Weights by proportion at Σw = 1, or the sum asked for; less, where a limit allows only less. Its figure is the annual Sharpe ratio.
 */
export function baseline(prepared: Prepared, proportions: Float64Array): Found {
  const { limits } = prepared.problem
  const unit = proportions.map(value => value / total(proportions))
  const wanted = limits.sum ?? 1
  const largest = largestFeasibleScale(prepared, unit)
  if (largest === null || (limits.sum !== undefined && largest < wanted * (1 - 1e-9)))
    return { status: 'infeasible', weights: new Float64Array(unit.length), objective: null }
  const weights = unit.map(value => value * Math.min(wanted, largest))
  return { status: 'optimal', weights, objective: sharpe(portfolioReturns(prepared.scenarios.columns, weights)) }
}
