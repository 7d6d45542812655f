import { type ConvexAnswer, type ConvexFunction, type Row, solveConvex } from '../convex-program.ts'
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
  /** Weights that break nothing, best well inside of what is added. */
  inside?: Float64Array | undefined
  /** Cuts that several searches over the same scenarios share. */
  pool?: Row[]
  /** How near to the best is near enough; as near as can be where it is not given. */
  gap?: number
  /** Percent returns over which growth is counted, where they are not the problem's own. */
  percent?: readonly Float64Array[]
}

/** Weights of the fastest growth within the limits. */
export function fastestGrowth(
  prepared: Prepared,
  { more = [], pool, gap, percent = prepared.percent, ...options }: GrowthOptions = {},
): ConvexAnswer {
  const { means, upper, rows } = prepared
  const worst = riskOf('worst_loss', percent)
  const survives: ConvexFunction = weights => {
    const { value, slope } = worst(weights)
    return { value: value - RUIN_PERCENT, slope }
  }
  const lower = new Float64Array(upper.length)
  const inside = options.inside ?? emptyPortfolio(prepared)
  const limits = [...limitFunctions(prepared), survives]
  const objective = lessGrowth(percent)
  const optional = { ...(inside && { inside }), ...(pool && { pool }), ...(gap !== undefined && { gap }) }
  return solveConvex(means.solver, { cost: lower, lower, upper, rows, limits, ownLimits: more, objective, ...optional })
}
