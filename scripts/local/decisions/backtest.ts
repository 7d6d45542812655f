import { chance, seedOf } from '../market/path.ts'

const DAY_MS = 86_400_000

export const strategyId = (index: number) => `S${index}`

/** Returns around a small gain, with a common part that makes bad days of strategies meet. */
export function backtest(index: number, { days, now }: { days: number; now: Date }) {
  const [common, own] = [seedOf('common'), seedOf('own', String(index))]
  const daily_returns = Array.from(
    { length: days },
    (_, day) => 0.0008 + 0.006 * (chance(common, day) - 0.5) + 0.012 * (chance(own, day) - 0.5),
  )
  const dates = daily_returns.map((_, day) => new Date(Date.UTC(2016, 0, 1) + day * DAY_MS).toISOString().slice(0, 10))
  return {
    strategy_id: strategyId(index),
    dates,
    daily_returns,
    mean_return_daily: daily_returns.reduce((sum, one) => sum + one, 0) / days,
    mean_trade_return: 0.01,
    volatility_daily: 0.004,
    sharpe_ratio: 1,
    max_drawdown: -0.1,
    win_rate: 0.5,
    backtest_period: { start: dates[0] ?? '', end: dates.at(-1) ?? '' },
    source_hash: `hash ${index}`,
    loaded_at: now,
  }
}
