import { drawdownSlope, uncompoundedDrawdowns } from './drawdowns.ts'
import type { Returns } from './series.ts'

export function maximum(values: ArrayLike<number>): number {
  let highest = 0
  for (let index = 0; index < values.length; index += 1) highest = Math.max(highest, values[index] as number)
  return highest
}

/** Largest uncompounded drawdown, ≥ 0. Chekhlov, Uryasev & Zabarankin, Int. J. of Theoretical and Applied Finance 8 (2005). */
export const maxDrawdown = (returns: Returns): number => maximum(uncompoundedDrawdowns(returns))

export function maxDrawdownSlope(returns: Returns): Float64Array {
  const depths = uncompoundedDrawdowns(returns)
  const dayWeights = new Float64Array(depths.length)
  const worst = depths.indexOf(maximum(depths))
  if (worst >= 0) dayWeights[worst] = 1
  return drawdownSlope(depths, dayWeights)
}
