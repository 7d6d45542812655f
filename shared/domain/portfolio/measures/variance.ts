import { meanDaily } from './mean-daily.ts'
import type { Returns } from './series.ts'

/** Sample variance (ddof 1) of daily returns; 0 for fewer than two. Markowitz, Journal of Finance 7 (1952). */
export function variance(returns: Returns): number {
  if (returns.length < 2) return 0
  const mean = meanDaily(returns)
  let sum = 0
  for (let day = 0; day < returns.length; day += 1) sum += ((returns[day] as number) - mean) ** 2
  return sum / (returns.length - 1)
}

export function varianceSlope(returns: Returns): Float64Array {
  const mean = meanDaily(returns)
  return Float64Array.from(returns, value => (2 * (value - mean)) / (returns.length - 1))
}
