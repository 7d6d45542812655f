import type { ConstructorName, Limits, Means, Problem } from './problem.ts'
import { measure, type PortfolioAnswer, solve } from './solve.ts'

/** Weights of these say only how strategies stand to one another. */
const scaleFree: readonly ConstructorName[] = ['max_sharpe', 'min_cvar', 'min_risk', 'hrp', 'equal_weight', 'risk_parity_cvar']

/** Proportions that follow from the strategies alone; a cap only bounds how large they are made. */
const uncapped: readonly ConstructorName[] = ['hrp', 'equal_weight', 'risk_parity_cvar']

/**
 * Solves a problem for an allocation (POR-12): what has no scale of its own is solved at Σw = 1 under the limits on its shape, and then made
 * as large as every limit allows; infeasible where no multiple is allowed. A problem that names its Σw is solved as it is.
 */
export function solveScaled(problem: Problem, means: Means): PortfolioAnswer {
  const { constructor_name, limits, scenarios } = problem
  if (!scaleFree.includes(constructor_name) || limits.sum !== undefined) return solve(problem, means)
  const answer = solve({ ...problem, limits: uncapped.includes(constructor_name) ? { sum: 1 } : shapeOf(limits) }, means)
  if (answer.status !== 'optimal') return answer
  const scale = measure({ scenarios, limits }, answer.weights).largest_feasible_scale
  if (scale === null || scale <= 0) return { ...answer, status: 'infeasible', weights: answer.weights.map(() => 0), metrics: null }
  const weights = answer.weights.map(weight => weight * scale)
  const { binding, metrics } = measure({ scenarios, limits }, weights)
  return { ...answer, weights, binding, metrics }
}

/** The limits that hold for proportions. */
const shapeOf = ({ cap, share_cap_above, min_return, expected }: Limits): Limits => ({
  sum: 1,
  ...(cap !== undefined && { cap }),
  ...(share_cap_above !== undefined && { share_cap_above }),
  ...(min_return !== undefined && { min_return }),
  ...(expected !== undefined && { expected }),
})
