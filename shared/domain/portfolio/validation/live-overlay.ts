import { correlations } from '../measures/correlation.ts'
import { sharpe } from '../measures/sharpe.ts'
import { bootstrapSharpe, type SharpeInterval } from './bootstrap-sharpe.ts'

export interface DatedReturns {
  dates: readonly string[]
  returns: readonly number[]
}

export interface LiveOverlay {
  dates: string[]
  /** Wealth from 1 over the dates that both have. */
  backtest: number[]
  live: number[]
  backtest_sharpe: number | null
  live_sharpe: number | null
  correlation: number | null
  /** Where live results may lie if the backtest tells the truth, for as many days; null where the backtest does not vary. */
  expected: Pick<SharpeInterval, 'low' | 'high' | 'confidence'> | null
}

/** Live returns over what the backtest says of the same dates (POR-10); null without a date that both have. */
export function liveOverlay(backtest: DatedReturns, live: DatedReturns, seed: number): LiveOverlay | null {
  const lived = new Map(live.dates.map((date, index) => [date, live.returns[index] as number]))
  const shared = backtest.dates.flatMap((date, index) =>
    lived.has(date) ? [{ date, one: backtest.returns[index] as number, other: lived.get(date) ?? 0 }] : [],
  )
  if (shared.length === 0) return null
  const [ones, others] = [Float64Array.from(shared, ({ one }) => one), Float64Array.from(shared, ({ other }) => other)]
  return {
    dates: shared.map(({ date }) => date),
    backtest: growth(ones),
    live: growth(others),
    backtest_sharpe: sharpe(ones),
    live_sharpe: sharpe(others),
    correlation: shared.length < 2 ? null : (correlations([ones, others])[0]?.[1] ?? null),
    expected: bootstrapSharpe(ones, { seed }),
  }
}

function growth(returns: Float64Array): number[] {
  let value = 1
  return Array.from(returns, each => {
    value *= 1 + each
    return value
  })
}
