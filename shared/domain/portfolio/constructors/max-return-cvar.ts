import { solveConvex } from '../convex-program.ts'
import { emptyPortfolio, limitFunctions } from '../prepare.ts'
import { dot } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'

/**
 * Highest mean daily return within the limits, first among them CVaR₉₅: the house objective.
 * Krokhmal, Palmquist & Uryasev, Journal of Risk 4 (2002).
 */
export const maxReturnCvar: Constructor = prepared => {
  const { means, expected, upper, rows } = prepared
  const inside = emptyPortfolio(prepared)
  const answer = solveConvex(means.solver, {
    cost: expected.map(value => -value),
    lower: new Float64Array(upper.length),
    upper,
    rows,
    limits: limitFunctions(prepared),
    ...(inside && { inside }),
  })
  return found(answer, weights => dot(expected, weights) / 100)
}
