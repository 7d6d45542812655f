import type { Returns } from './series.ts'
import { wealth } from './wealth.ts'

/** How far the sum of returns lies under its highest so far (which starts at 0), each day, ≥ 0. Convex in the weights, so limits use it. */
export function uncompoundedDrawdowns(returns: Returns): Float64Array {
  const depths = new Float64Array(returns.length)
  let depth = 0
  for (let day = 0; day < returns.length; day += 1) {
    depth = Math.max(0, depth - (returns[day] as number))
    depths[day] = depth
  }
  return depths
}

/** How far wealth lies under its highest so far (which starts at 1), each day, as a fraction of that, 0…1; 1 after ruin. */
export function compoundedDrawdowns(returns: Returns): Float64Array {
  const path = wealth(returns)
  let peak = 1
  return path.map(value => {
    peak = Math.max(peak, value)
    return 1 - value / peak
  })
}

/**
 * Slope in the daily returns of Σ weight of the day × its uncompounded drawdown: a return counts for every weighted day of the drawdown that
 * it lies in.
 */
export function drawdownSlope(depths: Float64Array, dayWeights: Float64Array): Float64Array {
  const slope = new Float64Array(depths.length)
  let carried = 0
  for (let day = depths.length - 1; day >= 0; day -= 1) {
    carried = depths[day] === 0 ? 0 : carried + (dayWeights[day] as number)
    slope[day] = -carried
  }
  return slope
}
