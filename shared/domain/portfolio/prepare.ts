import type { ConvexFunction, Row } from './convex-program.ts'
import { correlationClusters } from './correlation-clusters.ts'
import { meanDaily } from './measures/mean-daily.ts'
import type { Limits, Means, Problem } from './problem.ts'
import { type RiskName, riskOf } from './risks.ts'
import { commonDates, type Scenarios } from './scenarios.ts'

export interface NamedRow extends Row {
  /** The limit it stands for, as answers name it. */
  name: string
}

export interface RiskLimit {
  name: string
  risk: RiskName
  /** In percent. */
  limit: number
}

/**
 * A problem in the form that constructors work on. The solver sees returns and risks in percent, since its tolerances are absolute and daily
 * fractions are small (POR-6); weights stay fractions.
 */
export interface Prepared {
  problem: Problem
  means: Means
  scenarios: Scenarios
  percent: readonly Float64Array[]
  /** Mean daily returns, percent. */
  expected: Float64Array
  /** Highest weight of each strategy; infinite without a cap. */
  upper: Float64Array
  rows: readonly NamedRow[]
  riskLimits: readonly RiskLimit[]
}

const NONE = Number.POSITIVE_INFINITY

/** The problem over common dates with the limits as rows; `limits` replaces the problem's where a constructor means others. */
export function prepare(problem: Problem, means: Means, limits: Limits = problem.limits): Prepared {
  const scenarios = commonDates(problem.scenarios)
  const percent = scenarios.columns.map(column => column.map(value => value * 100))
  const expected = Float64Array.from(percent, column => meanDaily(column))
  const upper = new Float64Array(percent.length).fill(limits.cap ?? NONE)
  const prepared = { problem: { ...problem, limits }, means, scenarios, percent, expected, upper }
  return { ...prepared, rows: linearRows(limits, scenarios, expected), riskLimits: riskLimits(limits) }
}

/** The same with other limits, without counting everything again. */
export const withLimits = (prepared: Prepared, limits: Limits): Prepared => ({
  ...prepared,
  problem: { ...prepared.problem, limits },
  upper: new Float64Array(prepared.percent.length).fill(limits.cap ?? NONE),
  rows: linearRows(limits, prepared.scenarios, prepared.expected),
  riskLimits: riskLimits(limits),
})

function linearRows(limits: Limits, { columns, names }: Scenarios, expected: Float64Array): NamedRow[] {
  const ones = new Float64Array(columns.length).fill(1)
  const rows: NamedRow[] = []
  if (limits.sum !== undefined) rows.push({ name: 'sum', coefficients: ones, lower: limits.sum, upper: limits.sum })
  if (limits.budget !== undefined) rows.push({ name: 'budget', coefficients: ones, lower: -NONE, upper: limits.budget })
  if (limits.margin && limits.margin_limit !== undefined)
    rows.push({ name: 'margin_limit', coefficients: limits.margin, lower: -NONE, upper: limits.margin_limit })
  if (limits.min_return !== undefined) {
    const means = limits.expected?.map(value => value * 100) ?? expected
    rows.push({ name: 'min_return', coefficients: means, lower: limits.min_return * 100, upper: NONE })
  }
  if (limits.cap !== undefined && limits.share_cap_above !== undefined) {
    for (const cluster of correlationClusters(columns, limits.share_cap_above)) {
      const coefficients = ones.map((_, index) => (cluster.includes(index) ? 1 : 0))
      rows.push({ name: `shared_cap:${cluster.map(index => names[index]).join('+')}`, coefficients, lower: -NONE, upper: limits.cap })
    }
  }
  return rows
}

function riskLimits({ cvar, cdar, max_drawdown }: Limits): RiskLimit[] {
  const given: [string, RiskName, number | undefined][] = [
    ['cvar_limit', 'cvar_95', cvar],
    ['cdar_limit', 'cdar_95', cdar],
    ['max_drawdown', 'max_drawdown', max_drawdown],
  ]
  return given.flatMap(([name, risk, limit]) => (limit === undefined ? [] : [{ name, risk, limit: limit * 100 }]))
}

/** The risk limits as functions of the weights that must not be positive. */
export const limitFunctions = ({ riskLimits: limits, percent }: Prepared): ConvexFunction[] =>
  limits.map(({ risk, limit }) => {
    const measure = riskOf(risk, percent)
    return weights => {
      const { value, slope } = measure(weights)
      return { value: value - limit, slope }
    }
  })

/** Nothing at all, where that breaks no limit. */
export function emptyPortfolio({ rows, riskLimits: limits, percent }: Prepared): Float64Array | undefined {
  const allowed = rows.every(({ lower, upper }) => lower <= 0 && upper >= 0) && limits.every(({ limit }) => limit >= 0)
  return allowed ? new Float64Array(percent.length) : undefined
}
