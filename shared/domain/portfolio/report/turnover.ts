import { TRADING_DAYS } from '../measures/series.ts'
import { portfolioReturns } from '../scenarios.ts'

/** Bought plus sold, ÷ 2, as a fraction of equity, to come from one set of weights to another. */
export const turnoverBetween = (from: ArrayLike<number>, to: ArrayLike<number>): number =>
  Array.from(to, (weight, index) => Math.abs(weight - (from[index] ?? 0))).reduce((sum, each) => sum + each, 0) / 2

/** The same a year to hold fixed weights by rebalancing daily, since every strategy's return moves its share. */
export function rebalancingTurnover(columns: readonly Float64Array[], weights: ArrayLike<number>): number {
  const returns = portfolioReturns(columns, weights)
  let sum = 0
  for (const [day, whole] of returns.entries()) {
    if (whole <= -1) continue
    const drifted = columns.map((column, index) => ((weights[index] as number) * (1 + (column[day] as number))) / (1 + whole))
    sum += turnoverBetween(drifted, weights)
  }
  return (sum / Math.max(returns.length, 1)) * TRADING_DAYS
}
