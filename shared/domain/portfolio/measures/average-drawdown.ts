import { drawdownSlope, uncompoundedDrawdowns } from './drawdowns.ts'
import { meanDaily } from './mean-daily.ts'
import type { Returns } from './series.ts'

/** Mean of the uncompounded drawdowns of all days, ≥ 0. Chekhlov, Uryasev & Zabarankin (2005). */
export const averageDrawdown = (returns: Returns): number => meanDaily(uncompoundedDrawdowns(returns))

export function averageDrawdownSlope(returns: Returns): Float64Array {
  const depths = uncompoundedDrawdowns(returns)
  return drawdownSlope(depths, new Float64Array(depths.length).fill(1 / depths.length))
}
