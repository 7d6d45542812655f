import type { DailySeries } from './daily-reader.ts'

const TRADING_DAYS = 252
/** Below this a volatility is what adding binary fractions leaves of zero. */
const NO_VOLATILITY = 1e-15

export interface BacktestSummary {
  mean_return_daily: number
  volatility_daily: number
  sharpe_ratio: number | null
  sortino_ratio: number | null
  max_drawdown: number
  win_rate: number
  mean_trade_return: number | null
  margin_per_unit: number | null
}

const meanOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length

/** Largest fall from a peak of what one unit grows to, a fraction ≤ 0; what has lost everything stays lost. */
export function maxDrawdown(returns: readonly number[]): number {
  let [equity, peak, worst] = [1, 1, 0]
  for (const fraction of returns) {
    equity *= 1 + fraction
    if (equity <= 0) return -1
    peak = Math.max(peak, equity)
    worst = Math.min(worst, equity / peak - 1)
  }
  return worst
}

/** Mean length of the runs of days with a return; 1 where there is no day without, since nothing then tells trades apart. */
function meanHoldingDays(returns: readonly number[]): number {
  const held = returns.filter(fraction => fraction !== 0).length
  const runs = returns.filter((fraction, index) => fraction !== 0 && (index === 0 || returns[index - 1] === 0)).length
  return runs === 0 || held === returns.length ? 1 : held / runs
}

/**
 * What POR-3 keeps of a series: fractions; deviations over n − 1 for volatility and over all days for Sortino's downside; 252 days a year.
 * `margin_per_unit` is the most margin that one unit of equity carried; null where the file tells none.
 * @param mean_trade_return of a file of trades; without one it is mean daily return × mean holding days ÷ `notional_per_capital`
 */
export function summarizeBacktest(
  { daily_returns: returns, daily_margin, daily_equity }: DailySeries,
  { mean_trade_return, notional_per_capital }: { mean_trade_return: number | null; notional_per_capital: number },
): BacktestSummary {
  const mean = meanOf(returns)
  const volatility = Math.sqrt(returns.reduce((total, value) => total + (value - mean) ** 2, 0) / (returns.length - 1))
  const downside = Math.sqrt(meanOf(returns.map(value => Math.min(value, 0) ** 2)))
  const ratio = (deviation: number) => (deviation < NO_VOLATILITY ? null : (mean / deviation) * Math.sqrt(TRADING_DAYS))
  const margins = daily_margin && daily_equity ? daily_margin.map((margin, day) => margin / (daily_equity[day] ?? Number.NaN)) : null
  return {
    mean_return_daily: mean,
    volatility_daily: volatility,
    sharpe_ratio: ratio(volatility),
    sortino_ratio: ratio(downside),
    max_drawdown: maxDrawdown(returns),
    win_rate: returns.filter(value => value > 0).length / returns.length,
    mean_trade_return: mean_trade_return ?? (mean * meanHoldingDays(returns)) / notional_per_capital,
    margin_per_unit: margins ? margins.reduce((most, margin) => Math.max(most, margin), 0) : null,
  }
}
