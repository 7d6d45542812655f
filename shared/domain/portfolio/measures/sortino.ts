import { meanDaily } from './mean-daily.ts'
import { type Returns, TRADING_DAYS } from './series.ts'

/** Mean ÷ root of the mean squared shortfall under 0, × √252; null where no day lost. Sortino & Price, Journal of Investing 3 (1994). */
export function sortino(returns: Returns): number | null {
  let squares = 0
  for (let day = 0; day < returns.length; day += 1) squares += Math.min(returns[day] as number, 0) ** 2
  return squares === 0 ? null : (meanDaily(returns) / Math.sqrt(squares / returns.length)) * Math.sqrt(TRADING_DAYS)
}
