import { meanDaily } from './mean-daily.ts'
import { type Returns, total } from './series.ts'

const shortfalls = (returns: Returns, mean: number): Float64Array => Float64Array.from(returns, value => Math.min(value - mean, 0))

/** Root of the sum of squared shortfalls under the mean ÷ (T − 1). Markowitz, Portfolio Selection (1959), chapter 9. */
export const semiDeviation = (returns: Returns): number =>
  Math.sqrt(total(shortfalls(returns, meanDaily(returns)).map(value => value ** 2)) / (returns.length - 1))

export function semiDeviationSlope(returns: Returns): Float64Array {
  const below = shortfalls(returns, meanDaily(returns))
  const deviation = semiDeviation(returns)
  const mean = total(below) / below.length
  return below.map(value => (deviation === 0 ? 0 : (value - mean) / ((below.length - 1) * deviation)))
}
