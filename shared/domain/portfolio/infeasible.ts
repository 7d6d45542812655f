import { type ConvexProgram, solveConvex } from './convex-program.ts'
import { limitFunctions, type Prepared, withLimits } from './prepare.ts'
import type { Limits } from './problem.ts'
import { riskOf } from './risks.ts'
import { dot } from './scenarios.ts'

/** A limit which, moved alone, would make the problem feasible, and how far it must move; in the limit's own unit. */
export interface Obstacle {
  constraint: string
  limit: number
  nearest: number
}

type Movable = 'cvar' | 'cdar' | 'max_drawdown' | 'cap' | 'budget' | 'sum' | 'margin_limit' | 'min_return'

/** As options and answers name them. */
const names: Record<Movable, string> = {
  cvar: 'cvar_limit',
  cdar: 'cdar_limit',
  max_drawdown: 'max_drawdown',
  cap: 'cap',
  budget: 'budget',
  sum: 'sum',
  margin_limit: 'margin_limit',
  min_return: 'min_return',
}
const risky = { cvar: 'cvar_95', cdar: 'cdar_95', max_drawdown: 'max_drawdown' } as const

/** Which limits stand in the way (POR-7), the one that must move least, relative to itself, first; none where no single one would do. */
export function obstacles(prepared: Prepared): Obstacle[] {
  const { limits } = prepared.problem
  const found = (Object.keys(names) as Movable[]).flatMap(name => {
    const limit = limits[name]
    if (limit === undefined) return []
    const nearest = nearestFeasible(prepared, name)
    return nearest === null ? [] : [{ constraint: names[name], limit, nearest }]
  })
  const move = ({ limit, nearest }: Obstacle) => Math.abs(nearest - limit) / Math.max(Math.abs(limit), 1e-12)
  return found.sort((one, other) => move(one) - move(other))
}

/** The nearest value of one limit at which the others can be met; null where they cannot. */
function nearestFeasible(prepared: Prepared, name: Movable): number | null {
  const rest: Limits = { ...prepared.problem.limits }
  delete rest[name]
  const free = withLimits(prepared, rest)
  const size = free.percent.length
  const ones = new Float64Array(size).fill(1)
  const solve = (program: Partial<ConvexProgram>) => {
    const limits = limitFunctions(free)
    const start = { cost: new Float64Array(size), lower: new Float64Array(size), upper: free.upper, rows: free.rows, limits }
    const answer = solveConvex(prepared.means.solver, { ...start, ...program })
    return answer.status === 'optimal' ? answer.point : null
  }
  if (name === 'cvar' || name === 'cdar' || name === 'max_drawdown') {
    const measure = riskOf(risky[name], free.percent)
    const point = solve({ objective: measure })
    return point && measure(point).value / 100
  }
  if (name === 'cap') return nearestCap(prepared, free)
  const expected = rest.expected?.map(value => value * 100) ?? free.expected
  const rows = { budget: ones, sum: ones, margin_limit: prepared.problem.limits.margin ?? ones, min_return: expected }
  const row = rows[name]
  const extreme = (sign: number) => {
    const point = solve({ cost: Float64Array.from(row, value => sign * value) })
    return point ? dot(row, point) : null
  }
  if (name === 'sum') return nearestSum(extreme(1), extreme(-1), prepared.problem.limits.sum ?? 1)
  const value = extreme(name === 'min_return' ? -1 : 1)
  return value === null || name !== 'min_return' ? value : value / 100
}

/** The end of what sums are possible that is nearest; the upper end may be open. */
const nearestSum = (least: number | null, most: number | null, sum: number): number | null => (least !== null && sum < least ? least : most)

/** Least t with every weight ≤ t (and every cluster that shares a cap). */
function nearestCap(prepared: Prepared, free: Prepared): number | null {
  const size = free.percent.length
  const below = (coefficients: ArrayLike<number>) => ({
    coefficients: [...Array.from(coefficients), -1],
    lower: Number.NEGATIVE_INFINITY,
    upper: 0,
  })
  const each = free.percent.map((_, index) => below(new Float64Array(size).map((__, other) => (other === index ? 1 : 0))))
  const shared = prepared.rows.filter(({ name }) => name.startsWith('shared_cap:')).map(({ coefficients }) => below(coefficients))
  const answer = solveConvex(prepared.means.solver, {
    cost: new Float64Array(size + 1).fill(1, size),
    lower: new Float64Array(size + 1),
    upper: new Float64Array(size + 1).fill(Number.POSITIVE_INFINITY),
    rows: [...free.rows.map(row => ({ ...row, coefficients: [...Array.from(row.coefficients), 0] })), ...each, ...shared],
    limits: limitFunctions(free).map(limit => point => {
      const { value, slope } = limit(point.slice(0, size))
      return { value, slope: Float64Array.from([...slope, 0]) }
    }),
  })
  return answer.status === 'optimal' ? (answer.point[size] as number) : null
}
