import type { Returns } from './series.ts'

/** Loss of the worst day, positive for a loss. Young, Management Science 44 (1998). */
export function worstLoss(returns: Returns): number {
  let worst = Number.POSITIVE_INFINITY
  for (let day = 0; day < returns.length; day += 1) worst = Math.min(worst, returns[day] as number)
  return -worst
}

export function worstLossSlope(returns: Returns): Float64Array {
  const slope = new Float64Array(returns.length)
  slope[Array.prototype.indexOf.call(returns, -worstLoss(returns))] = -1
  return slope
}
