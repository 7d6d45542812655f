import { compoundedDrawdowns } from '../measures/drawdowns.ts'
import { wealth } from '../measures/wealth.ts'
import { metricsOf } from '../metrics.ts'
import { prepare } from '../prepare.ts'
import type { Means, Problem } from '../problem.ts'
import { portfolioReturns } from '../scenarios.ts'
import { impliedLimits, type PortfolioAnswer } from '../solve.ts'
import { bootstrapSharpe, type SharpeInterval } from '../validation/bootstrap-sharpe.ts'
import type { CrossValidation } from '../validation/cross-validate.ts'
import type { LiveOverlay } from '../validation/live-overlay.ts'
import { deflatedSharpe, probabilisticSharpe } from '../validation/probabilistic-sharpe.ts'
import { type WalkForward, walkForward, walkPlan } from '../validation/walk-forward.ts'
import { type DrawdownRow, drawdownTable } from './drawdown-table.ts'
import { efficientFrontier, type FrontierPoint } from './frontier.ts'
import { type MonthlyRow, monthlyTable } from './monthly-table.ts'
import { type RiskContributions, riskContributions } from './risk-contributions.ts'
import { rollingSharpe } from './rolling-sharpe.ts'
import { rebalancingTurnover, turnoverBetween } from './turnover.ts'

export interface PortfolioReport {
  answer: PortfolioAnswer
  names: readonly string[]
  dates: readonly string[]
  returns: number[]
  equity: number[]
  drawdowns: number[]
  monthly: MonthlyRow[]
  drawdown_table: DrawdownRow[]
  rolling_sharpe: { date: string; sharpe: number | null }[]
  risk_contributions: RiskContributions
  frontier: FrontierPoint[]
  turnover: { rebalancing_annual: number; from_former: number | null }
  honesty: Honesty
}

/** How far the figures may be believed (POR-10). */
export interface Honesty {
  sharpe_interval: SharpeInterval | null
  /** Probability of a true Sharpe ratio over 0. */
  probabilistic_sharpe: number | null
  /** The same over what the best of the strategies would show by chance. */
  deflated_sharpe: number | null
  walk_forward: WalkForward | null
  cross_validation: CrossValidation | null
  /** What the fund has earned beside what backtests say of what it held; null where it holds nothing yet. */
  live: LiveOverlay | null
}

export interface ReportQuestion {
  /** Null where weights were only measured: nothing to walk forward then. */
  problem: Problem | null
  scenarios: Problem['scenarios']
  limits: Problem['limits']
  answer: PortfolioAnswer
  /** Weights that are held now. */
  former?: readonly number[]
  /** Whether the weights are scaled as for an allocation. */
  scaled?: boolean
  /** Found beforehand, as it takes longest. */
  cross_validation?: CrossValidation | null
  live?: LiveOverlay | null
}

/** Everything about a portfolio that POR-9 lists. Needs an answer that has weights. */
export function reportOf(question: ReportQuestion, means: Means): PortfolioReport {
  const { problem, answer, former, scaled = false, cross_validation = null, live = null } = question
  const base = problem ?? { constructor_name: 'equal_weight' as const, scenarios: question.scenarios, limits: question.limits }
  const prepared = prepare(base, means, impliedLimits(base))
  const { names, dates, columns } = prepared.scenarios
  const returns = portfolioReturns(columns, answer.weights)
  return {
    answer,
    names,
    dates,
    returns: [...returns],
    equity: [...wealth(returns)],
    drawdowns: [...compoundedDrawdowns(returns)],
    monthly: monthlyTable(dates, returns),
    drawdown_table: drawdownTable(dates, returns),
    rolling_sharpe: rollingSharpe(dates, returns),
    risk_contributions: riskContributions(columns, answer.weights),
    frontier: efficientFrontier(prepared),
    turnover: {
      rebalancing_annual: rebalancingTurnover(columns, answer.weights),
      from_former: former ? turnoverBetween(former, answer.weights) : null,
    },
    honesty: { ...honestyOf({ problem, returns, columns, scaled }, means), cross_validation, live },
  }
}

interface Tested {
  problem: Problem | null
  returns: Float64Array
  columns: readonly Float64Array[]
  scaled: boolean
}

function honestyOf({ problem, returns, columns, scaled }: Tested, means: Means): Omit<Honesty, 'cross_validation' | 'live'> {
  const ratios = columns.flatMap(column => metricsOf(column).sharpe ?? [])
  const mean = ratios.reduce((sum, each) => sum + each, 0) / Math.max(ratios.length, 1)
  const variance = ratios.length < 2 ? 0 : ratios.reduce((sum, each) => sum + (each - mean) ** 2, 0) / (ratios.length - 1)
  const plan = walkPlan(returns.length)
  return {
    sharpe_interval: bootstrapSharpe(returns, { seed: means.seed }),
    probabilistic_sharpe: probabilisticSharpe(returns),
    deflated_sharpe: deflatedSharpe(returns, { trials: ratios.length, variance }),
    walk_forward: problem && plan ? walkForward(problem, { ...plan, scaled }, means) : null,
  }
}
