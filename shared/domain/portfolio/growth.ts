import type { ConvexFunction } from './convex-program.ts'
import { portfolioReturns, slopeInWeights } from './scenarios.ts'

/** Share of wealth that the worst day must leave; growth is not defined at ruin, and steep beside it. */
const LEAST_LEFT = 1e-3

/** Mean log growth of a day, ln(1 + p), fractions; −∞ after ruin. Kelly, Bell System Technical Journal 35 (1956). */
export function meanLogGrowth(returns: Float64Array): number {
  let sum = 0
  for (const value of returns) sum += value <= -1 ? Number.NEGATIVE_INFINITY : Math.log1p(value)
  return sum / returns.length
}

/** Less growth, percent, as a function of the weights; where a day would ruin, on the way there from nothing. */
export const lessGrowth =
  (percent: readonly Float64Array[]): ConvexFunction =>
  weights => {
    const returns = portfolioReturns(percent, weights).map(value => value / 100)
    const worst = Math.min(...returns)
    const share = worst > LEAST_LEFT - 1 ? 1 : (1 - LEAST_LEFT) / -worst
    const reached = share === 1 ? returns : returns.map(value => value * share)
    const slope = reached.map(value => -1 / ((1 + value) * reached.length))
    const tangent = { value: -100 * meanLogGrowth(reached), slope: slopeInWeights(percent, slope) }
    return share === 1 ? tangent : { ...tangent, at: weights.map(weight => weight * share) }
  }

/** That no day takes all there is, as a limit: its worst loss, percent. */
export const RUIN_PERCENT = 100 * (1 - LEAST_LEFT)
