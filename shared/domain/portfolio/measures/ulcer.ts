import { drawdownSlope, uncompoundedDrawdowns } from './drawdowns.ts'
import type { Returns } from './series.ts'
import { total } from './series.ts'

/** Root of the mean squared drawdown, as a fraction ≥ 0. Martin & McCann, The Investor's Guide to Fidelity Funds (1989). */
export const rootMeanSquare = (depths: Float64Array): number => Math.sqrt(total(depths.map(depth => depth ** 2)) / depths.length)

/** The Ulcer index over uncompounded drawdowns, ≥ 0. */
export const ulcer = (returns: Returns): number => rootMeanSquare(uncompoundedDrawdowns(returns))

export function ulcerSlope(returns: Returns): Float64Array {
  const depths = uncompoundedDrawdowns(returns)
  const index = rootMeanSquare(depths)
  return index === 0
    ? new Float64Array(depths.length)
    : drawdownSlope(
        depths,
        depths.map(depth => depth / (depths.length * index)),
      )
}
