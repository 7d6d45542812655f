import { type ConvexAnswer, type ConvexFunction, solveConvex } from '../convex-program.ts'
import { lessGrowth, meanLogGrowth, RUIN_PERCENT } from '../growth.ts'
import { emptyPortfolio, limitFunctions, type Prepared } from '../prepare.ts'
import { riskOf } from '../risks.ts'
import { portfolioReturns } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'

/** Highest mean log growth within the limits, exact: CAGR = e^(252 × it) − 1. Kelly (1956); Breiman, Proc. Fourth Berkeley Symposium (1961). */
export const maxCagr: Constructor = prepared => found(fastestGrowth(prepared), growthIn(prepared.scenarios.columns))

export const growthIn = (columns: readonly Float64Array[]) => (weights: Float64Array) => meanLogGrowth(portfolioReturns(columns, weights))

interface GrowthOptions {
  /** Limits besides the problem's. */
  more?: readonly ConvexFunction[]
  /** Percent returns over which growth is counted, where they are not the problem's own. */
  percent?: readonly Float64Array[]
}

/** Weights of the fastest growth within the limits. */
export function fastestGrowth(prepared: Prepared, { more = [], percent = prepared.percent }: GrowthOptions = {}): ConvexAnswer {
  const { means, upper, rows } = prepared
  const worst = riskOf('worst_loss', percent)
  const survives: ConvexFunction = weights => {
    const { value, slope } = worst(weights)
    return { value: value - RUIN_PERCENT, slope }
  }
  const lower = new Float64Array(upper.length)
  const inside = emptyPortfolio(prepared)
  const limits = [...limitFunctions(prepared), survives, ...more]
  const objective = lessGrowth(percent)
  return solveConvex(means.solver, { cost: lower, lower, upper, rows, limits, objective, ...(inside && { inside }) })
}
