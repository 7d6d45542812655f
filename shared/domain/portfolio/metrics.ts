import { averageDrawdown } from './measures/average-drawdown.ts'
import { cagr } from './measures/cagr.ts'
import { calmar } from './measures/calmar.ts'
import { cdar } from './measures/cdar.ts'
import { cvar } from './measures/cvar.ts'
import { compoundedDrawdowns } from './measures/drawdowns.ts'
import { excessKurtosis } from './measures/kurtosis.ts'
import { mad } from './measures/mad.ts'
import { maxDrawdown, maximum } from './measures/max-drawdown.ts'
import { meanDaily } from './measures/mean-daily.ts'
import { semiDeviation } from './measures/semi-deviation.ts'
import { CONFIDENCE, type Returns, TRADING_DAYS } from './measures/series.ts'
import { sharpe } from './measures/sharpe.ts'
import { skew } from './measures/skew.ts'
import { sortino } from './measures/sortino.ts'
import { tailMean } from './measures/tail-mean.ts'
import { rootMeanSquare, ulcer } from './measures/ulcer.ts'
import { valueAtRisk } from './measures/value-at-risk.ts'
import { variance } from './measures/variance.ts'
import { annualVolatility } from './measures/volatility.ts'
import { totalReturn } from './measures/wealth.ts'
import { winRate } from './measures/win-rate.ts'
import { worstLoss } from './measures/worst-loss.ts'

/** What the report names by no confidence is at 95 %. */
const DEEP = 0.99

/**
 * Every figure of POR-9 that one series of daily returns has: fractions, losses and drawdowns positive; drawdowns compounded unless their name says
 * otherwise. A figure that the days cannot tell is null.
 */
export const metricsOf = (returns: Returns) => {
  const depths = compoundedDrawdowns(returns)
  return {
    days: returns.length,
    mean_daily: meanDaily(returns),
    mean_annual: meanDaily(returns) * TRADING_DAYS,
    volatility_annual: annualVolatility(returns),
    variance_daily: variance(returns),
    sharpe: sharpe(returns),
    sortino: sortino(returns),
    cagr: cagr(returns),
    calmar: calmar(returns),
    total_return: totalReturn(returns),
    var_95: valueAtRisk(returns),
    cvar_95: cvar(returns),
    cvar_99: cvar(returns, DEEP),
    worst_loss: worstLoss(returns),
    mad: mad(returns),
    semi_deviation: semiDeviation(returns),
    max_drawdown: maximum(depths),
    max_drawdown_uncompounded: maxDrawdown(returns),
    average_drawdown: meanDaily(depths),
    average_drawdown_uncompounded: averageDrawdown(returns),
    cdar_95: tailMean(depths, CONFIDENCE),
    cdar_95_uncompounded: cdar(returns),
    ulcer: rootMeanSquare(depths),
    ulcer_uncompounded: ulcer(returns),
    win_rate: winRate(returns),
    skew: skew(returns),
    kurtosis: excessKurtosis(returns),
  }
}

export type Metrics = ReturnType<typeof metricsOf>
