import jstat from 'jstat'
import { excessKurtosis } from '../measures/kurtosis.ts'
import { type Returns, TRADING_DAYS } from '../measures/series.ts'
import { sharpe } from '../measures/sharpe.ts'
import { skew } from '../measures/skew.ts'

const EULER = 0.5772156649015329

/**
 * Probability that the true annual Sharpe ratio is over a benchmark, given length, skew and kurtosis; null where returns do not vary.
 * Bailey & López de Prado, Journal of Risk 15 (2012), equation 11.
 */
export function probabilisticSharpe(returns: Returns, benchmark = 0): number | null {
  const [annual, third, excess] = [sharpe(returns), skew(returns), excessKurtosis(returns)]
  if (annual === null || third === null || excess === null) return null
  const [ratio, target] = [annual, benchmark].map(value => value / Math.sqrt(TRADING_DAYS)) as [number, number]
  const spread = 1 - third * ratio + ((excess + 2) / 4) * ratio ** 2
  return jstat.jStat.normal.cdf(((ratio - target) * Math.sqrt(returns.length - 1)) / Math.sqrt(spread), 0, 1)
}

/**
 * The annual Sharpe ratio that the best of some trials shows by chance alone, from the variance of their annual ratios.
 * Bailey & López de Prado, Journal of Portfolio Management 40 (2014), equation 6.
 */
function luckySharpe(trials: number, variance: number): number {
  if (trials < 2) return 0
  const at = (probability: number) => jstat.jStat.normal.inv(probability, 0, 1)
  return Math.sqrt(variance) * ((1 - EULER) * at(1 - 1 / trials) + EULER * at(1 - 1 / (trials * Math.E)))
}

/** Probability that the true Sharpe ratio is over what the best of so many trials would show by chance: the deflated Sharpe ratio. */
export const deflatedSharpe = (returns: Returns, { trials, variance }: { trials: number; variance: number }): number | null =>
  probabilisticSharpe(returns, luckySharpe(trials, variance))
