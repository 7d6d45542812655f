import { describe, expect, it } from 'vitest'
import { maxDrawdown, summarizeBacktest } from '../../../../../shared/domain/backtest/summarize.ts'

const series = (daily_returns: number[], more: object = {}) => ({
  dates: daily_returns.map((_, day) => `2024-01-0${day + 1}`),
  daily_returns,
  daily_margin: null,
  daily_equity: null,
  ...more,
})
const plain = { mean_trade_return: null, notional_per_capital: 1 }

describe('the summary of a backtest', () => {
  // numpy: r = [0.02, -0.01, 0.03, 0]; mean 0.01, std(ddof=1) 0.0182574185835, downside sqrt(mean(min(r,0)^2)) = 0.005
  it('has the mean, deviations and ratios of its days', () => {
    const summary = summarizeBacktest(series([0.02, -0.01, 0.03, 0]), plain)
    expect(summary.mean_return_daily).toBeCloseTo(0.01, 12)
    expect(summary.volatility_daily).toBeCloseTo(0.0182574185835, 12)
    expect(summary.sharpe_ratio).toBeCloseTo(8.69482604771, 9)
    expect(summary.sortino_ratio).toBeCloseTo(31.7490157328, 9)
    expect(summary.max_drawdown).toBeCloseTo(-0.01, 12)
    expect(summary.win_rate).toBe(0.5)
    expect(summary.margin_per_unit).toBeNull()
  })

  it('has no ratios without volatility', () => {
    expect(summarizeBacktest(series([0, 0, 0]), plain)).toMatchObject({ sharpe_ratio: null, sortino_ratio: null, max_drawdown: 0 })
  })

  // three runs: 2, 1 and 1 days: 4 ÷ 3; mean 0.01; notional 2 a unit: 0.01 × 4/3 ÷ 2
  it('takes the mean return of a trade from days held where there is no file of trades', () => {
    const returns = [0.02, 0.01, 0, 0.03, 0, 0.01, 0]
    const { mean_trade_return } = summarizeBacktest(series(returns), { mean_trade_return: null, notional_per_capital: 2 })
    expect(mean_trade_return).toBeCloseTo(((0.07 / 7) * (4 / 3)) / 2, 12)
    expect(summarizeBacktest(series(returns), { mean_trade_return: 0.5, notional_per_capital: 2 }).mean_trade_return).toBe(0.5)
  })

  it('has as margin of a unit the most that a unit of equity carried', () => {
    const more = { daily_margin: [10, 40, 30], daily_equity: [100, 200, 100] }
    expect(summarizeBacktest(series([0, 0.1, 0], more), plain).margin_per_unit).toBe(0.3)
  })

  it('never recovers from the loss of everything', () => {
    expect(maxDrawdown([0.1, -1, 5])).toBe(-1)
  })
})
