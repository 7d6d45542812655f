import type { Prepared } from './prepare.ts'
import { risks } from './risks.ts'
import { dot, portfolioReturns } from './scenarios.ts'

/**
 * By how much weights may be multiplied before a limit stops them; infinite where none does, null where no multiple is allowed. All limits but
 * Σw = sum count, since that one is what is scaled.
 */
export function largestFeasibleScale({ rows, upper, riskLimits, percent }: Prepared, weights: Float64Array): number | null {
  let [least, most] = [0, Number.POSITIVE_INFINITY]
  const bound = (value: number, lower: number, limit: number) => {
    if (value > 0) [least, most] = [Math.max(least, lower / value), Math.min(most, limit / value)]
    else if (value < 0) [least, most] = [Math.max(least, limit / value), Math.min(most, lower / value)]
    else if (lower > 0 || limit < 0) most = -1
  }
  for (const [index, weight] of weights.entries()) bound(weight, 0, upper[index] as number)
  for (const { name, coefficients, lower, upper: limit } of rows) if (name !== 'sum') bound(dot(coefficients, weights), lower, limit)
  const returns = portfolioReturns(percent, weights)
  for (const { risk, limit } of riskLimits) bound(risks[risk].value(returns), Number.NEGATIVE_INFINITY, limit)
  return most >= least ? most : null
}
