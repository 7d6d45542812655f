import { createHash } from 'node:crypto'
import { chance, seedOf } from '../market/path.ts'
import type { DemoStrategyPlan } from './strategies.ts'

const SEED = 'history'
const FIRST_DAY = '2024-01-02'
const LAST_DAY = '2025-12-31'
/** That a trade of it is held in the mean. */
const HOLDING_DAYS = 5
const DAY_MS = 86_400_000
const TRADING_DAYS_A_YEAR = 252

/** Weekdays of the two years. */
const days: readonly string[] = Array.from(
  { length: (Date.parse(LAST_DAY) - Date.parse(FIRST_DAY)) / DAY_MS + 1 },
  (_, index) => new Date(Date.parse(FIRST_DAY) + index * DAY_MS),
)
  .filter(day => day.getUTCDay() % 6 !== 0)
  .map(day => day.toISOString().slice(0, 10))

/** Standard normal, from two uniform numbers (Box–Muller). */
const normal = (seed: number, index: number): number =>
  Math.sqrt(-2 * Math.log(1 - chance(seed, 2 * index))) * Math.cos(2 * Math.PI * chance(seed, 2 * index + 1))

const meanOf = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length

/** Largest fall from a peak of what one unit grows to; ≤ 0. */
export function maxDrawdown(returns: readonly number[]): number {
  let equity = 1
  let peak = 1
  let worst = 0
  for (const each of returns) {
    equity *= 1 + each
    peak = Math.max(peak, equity)
    worst = Math.min(worst, equity / peak - 1)
  }
  return worst
}

/** A synthetic backtest: seeded daily returns of two years, with the statistics that follow from them. */
export function backtestOf({ strategy_id, mean_return, volatility }: DemoStrategyPlan) {
  const seed = seedOf(SEED, strategy_id)
  const daily_returns = days.map((_, index) => Number((mean_return + volatility * normal(seed, index)).toFixed(8)))
  const mean_return_daily = meanOf(daily_returns)
  const variance = daily_returns.reduce((total, each) => total + (each - mean_return_daily) ** 2, 0) / (daily_returns.length - 1)
  const volatility_daily = Math.sqrt(variance)
  return {
    strategy_id,
    mean_holding_days: HOLDING_DAYS,
    dates: [...days],
    daily_returns,
    mean_return_daily,
    volatility_daily,
    sharpe_ratio: (mean_return_daily / volatility_daily) * Math.sqrt(TRADING_DAYS_A_YEAR),
    max_drawdown: maxDrawdown(daily_returns),
    win_rate: daily_returns.filter(each => each > 0).length / daily_returns.length,
    backtest_period: { start: FIRST_DAY, end: LAST_DAY },
    source_hash: createHash('sha256').update(JSON.stringify(daily_returns)).digest('hex'),
  }
}
