import { covariance } from '../measures/correlation.ts'
import { cvarSlope } from '../measures/cvar.ts'
import { dot, portfolioReturns, slopeInWeights } from '../scenarios.ts'

/** Parts of 1, or null where the portfolio has no such risk. */
export interface RiskContributions {
  variance: (number | null)[]
  cvar_95: (number | null)[]
}

/**
 * What part of the portfolio's variance and CVaR₉₅ each strategy gives: weight × marginal risk ÷ risk; they add up to 1 (Euler).
 * Tasche, Risk Contributions and Performance Measurement (1999).
 */
export function riskContributions(columns: readonly Float64Array[], weights: ArrayLike<number>): RiskContributions {
  const marginalVariance = covariance(columns).map(row => dot(row, weights))
  const marginalCvar = slopeInWeights(columns, cvarSlope(portfolioReturns(columns, weights)))
  return { variance: parts(marginalVariance, weights), cvar_95: parts([...marginalCvar], weights) }
}

function parts(marginal: readonly number[], weights: ArrayLike<number>): (number | null)[] {
  const whole = dot(marginal, weights)
  return marginal.map((value, index) => (Math.abs(whole) < 1e-18 ? null : (value * (weights[index] as number)) / whole))
}
