import { type Returns, TRADING_DAYS } from '../measures/series.ts'
import { sharpe } from '../measures/sharpe.ts'

/** Half a year. */
const ROLLING_DAYS = TRADING_DAYS / 2

/** Annual Sharpe ratio of the last `window` days, for each day that has so many; null where they do not vary. */
export function rollingSharpe(
  dates: readonly string[],
  returns: Returns,
  window = ROLLING_DAYS,
): { date: string; sharpe: number | null }[] {
  const all = Float64Array.from(returns)
  return dates.slice(window - 1).map((date, index) => ({ date, sharpe: sharpe(all.subarray(index, index + window)) }))
}
