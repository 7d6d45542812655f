import { drawdownSlope, uncompoundedDrawdowns } from './drawdowns.ts'
import { CONFIDENCE, type Returns } from './series.ts'
import { tailMean, tailWeights } from './tail-mean.ts'

/** Mean of the worst 5 % of days' uncompounded drawdowns, ≥ 0. Chekhlov, Uryasev & Zabarankin (2005), definition 2. */
export const cdar = (returns: Returns): number => tailMean(uncompoundedDrawdowns(returns), CONFIDENCE)

export function cdarSlope(returns: Returns): Float64Array {
  const depths = uncompoundedDrawdowns(returns)
  const dayWeights = new Float64Array(depths.length)
  for (const [day, weight] of tailWeights(depths, CONFIDENCE)) dayWeights[day] = weight
  return drawdownSlope(depths, dayWeights)
}
