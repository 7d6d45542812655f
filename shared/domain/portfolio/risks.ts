import type { ConvexFunction } from './convex-program.ts'
import { averageDrawdown, averageDrawdownSlope } from './measures/average-drawdown.ts'
import { cdar, cdarSlope } from './measures/cdar.ts'
import { cvar, cvarSlope } from './measures/cvar.ts'
import { mad, madSlope } from './measures/mad.ts'
import { maxDrawdown, maxDrawdownSlope } from './measures/max-drawdown.ts'
import { semiDeviation, semiDeviationSlope } from './measures/semi-deviation.ts'
import type { Returns } from './measures/series.ts'
import { ulcer, ulcerSlope } from './measures/ulcer.ts'
import { variance, varianceSlope } from './measures/variance.ts'
import { worstLoss, worstLossSlope } from './measures/worst-loss.ts'
import { dot, portfolioReturns, slopeInWeights } from './scenarios.ts'

interface Risk {
  /** Of daily returns as fractions. */
  value: (returns: Returns) => number
  /** Its slope in each day's return. */
  slope: (returns: Returns) => Float64Array
}

/** What `min_risk` minimizes: convex in the weights, and all but variance grow with them in proportion. */
export const risks = {
  variance: { value: variance, slope: varianceSlope },
  mad: { value: mad, slope: madSlope },
  semi_deviation: { value: semiDeviation, slope: semiDeviationSlope },
  worst_loss: { value: worstLoss, slope: worstLossSlope },
  cvar_95: { value: cvar, slope: cvarSlope },
  cdar_95: { value: cdar, slope: cdarSlope },
  average_drawdown: { value: averageDrawdown, slope: averageDrawdownSlope },
  max_drawdown: { value: maxDrawdown, slope: maxDrawdownSlope },
  ulcer: { value: ulcer, slope: ulcerSlope },
} as const satisfies Record<string, Risk>

export type RiskName = keyof typeof risks
export const riskNames = Object.keys(risks) as RiskName[]

/** A risk of the portfolio as a function of its weights; in percent where the columns are. */
export const riskOf =
  (name: RiskName, columns: readonly Float64Array[]): ConvexFunction =>
  weights => {
    const returns = portfolioReturns(columns, weights)
    const slope = risks[name].slope(returns)
    // What grows in proportion to the weights is its slope times them (Euler); variance grows with their square, so it is half.
    return { value: name === 'variance' ? dot(slope, returns) / 2 : dot(slope, returns), slope: slopeInWeights(columns, slope) }
  }
