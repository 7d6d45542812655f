import type { ConvexFunction } from '../convex-program.ts'
import { largestFeasibleScale } from '../largest-feasible-scale.ts'
import { covariance } from '../measures/correlation.ts'
import { TRADING_DAYS } from '../measures/series.ts'
import { type Prepared, withLimits } from '../prepare.ts'
import type { Found } from '../problem.ts'
import { dot } from '../scenarios.ts'
import { maxSharpe } from './max-sharpe.ts'

/** Share of the largest size, so that no limit is touched. */
const INSIDE = 0.9

/** The highest Sharpe ratio of a fully invested portfolio within the caps, whatever else limits the size. */
export function highestSharpe(prepared: Prepared): Found {
  const { cap, share_cap_above, sum } = prepared.problem.limits
  const limits = { sum: sum ?? 1, ...(cap !== undefined && { cap }), ...(share_cap_above !== undefined && { share_cap_above }) }
  return maxSharpe(withLimits(prepared, limits))
}

/** The highest Sharpe ratio of any size: where Σw is free, a small enough portfolio keeps within every cap. */
export function attainableSharpe(prepared: Prepared): number | null {
  const { sum } = prepared.problem.limits
  return sum === undefined ? maxSharpe(withLimits(prepared, { sum: 1 })).objective : highestSharpe(prepared).objective
}

/** Weights with a high Sharpe ratio, small enough for every limit: deep inside what a floor of the ratio leaves. */
export function withinFloor(prepared: Prepared, { weights }: Found): Float64Array | undefined {
  if (prepared.problem.limits.sum !== undefined) return undefined
  const scale = largestFeasibleScale(prepared, weights)
  return scale === null ? undefined : weights.map(weight => weight * Math.min(1, scale) * INSIDE)
}

/** Makes floors: that the annual Sharpe ratio is not under a level, as floor × volatility − mean ≤ 0, which is convex. */
export function sharpeFloors({ percent, expected }: Prepared): (level: number) => ConvexFunction {
  const matrix = covariance(percent)
  return level => {
    const daily = level / Math.sqrt(TRADING_DAYS)
    return weights => {
      const marginal = Float64Array.from(matrix, row => dot(row, weights))
      const deviation = Math.sqrt(Math.max(0, dot(marginal, weights)))
      const slope = marginal.map((value, index) => (deviation === 0 ? 0 : (daily * value) / deviation) - (expected[index] as number))
      return { value: daily * deviation - dot(expected, weights), slope }
    }
  }
}
