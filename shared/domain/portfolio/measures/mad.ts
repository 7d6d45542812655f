import { meanDaily } from './mean-daily.ts'
import { type Returns, total } from './series.ts'

/** Mean absolute deviation from the mean return. Konno & Yamazaki, Management Science 37 (1991). */
export function mad(returns: Returns): number {
  const mean = meanDaily(returns)
  let sum = 0
  for (let day = 0; day < returns.length; day += 1) sum += Math.abs((returns[day] as number) - mean)
  return sum / returns.length
}

export function madSlope(returns: Returns): Float64Array {
  const mean = meanDaily(returns)
  const signs = Float64Array.from(returns, value => Math.sign(value - mean))
  const balance = total(signs) / signs.length
  return signs.map(sign => (sign - balance) / signs.length)
}
