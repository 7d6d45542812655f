import { maxReturnCvar } from '../constructors/max-return-cvar.ts'
import { leastRisk } from '../constructors/min-risk.ts'
import { cvar } from '../measures/cvar.ts'
import { meanDaily } from '../measures/mean-daily.ts'
import { annualVolatility } from '../measures/volatility.ts'
import { type Prepared, withLimits } from '../prepare.ts'
import { portfolioReturns } from '../scenarios.ts'

export interface FrontierPoint {
  cvar_95: number
  mean_daily: number
  volatility_annual: number
  weights: number[]
}

const POINTS = 12

/** Highest mean return at rising CVaR₉₅ of fully invested portfolios within the caps: the efficient frontier. Markowitz (1952), with CVaR for variance. */
export function efficientFrontier(prepared: Prepared, points = POINTS): FrontierPoint[] {
  const { cap, share_cap_above } = prepared.problem.limits
  const room = { sum: 1, ...(cap !== undefined && { cap }), ...(share_cap_above !== undefined && { share_cap_above }) }
  const lowest = leastRisk(withLimits(prepared, room), 'cvar_95')
  const highest = maxReturnCvar(withLimits(prepared, room))
  if (lowest.status !== 'optimal' || highest.status !== 'optimal') return []
  const { columns } = prepared.scenarios
  const risk = (weights: Float64Array) => cvar(portfolioReturns(columns, weights))
  const [from, to] = [risk(lowest.weights), risk(highest.weights)]
  const between = Array.from({ length: Math.max(0, points - 2) }, (_, index) => from + ((to - from) * (index + 1)) / (points - 1))
  const solved = between.map(limit => maxReturnCvar(withLimits(prepared, { ...room, cvar: limit })))
  return [lowest, ...solved, highest].filter(({ status }) => status === 'optimal').map(({ weights }) => pointOf(columns, weights))
}

function pointOf(columns: readonly Float64Array[], weights: Float64Array): FrontierPoint {
  const returns = portfolioReturns(columns, weights)
  return { cvar_95: cvar(returns), mean_daily: meanDaily(returns), volatility_annual: annualVolatility(returns), weights: [...weights] }
}
