import { meanDaily } from './mean-daily.ts'
import type { Returns } from './series.ts'

/** Central moment of an order, population form. */
export function moment(returns: Returns, order: number): number {
  const mean = meanDaily(returns)
  let sum = 0
  for (let day = 0; day < returns.length; day += 1) sum += ((returns[day] as number) - mean) ** order
  return sum / returns.length
}

/** Below this, what is left of a variance of zero after binary fractions were added. */
export const NO_VARIANCE = 1e-24
