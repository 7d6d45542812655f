import { type ConvexFunction, type Row, solveConvex } from '../convex-program.ts'
import { sharpe } from '../measures/sharpe.ts'
import { variance } from '../measures/variance.ts'
import type { Prepared } from '../prepare.ts'
import type { Found } from '../problem.ts'
import { riskOf } from '../risks.ts'
import { portfolioReturns } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'
import { maxReturnCvar } from './max-return-cvar.ts'
import { scaledCovariance } from './min-risk.ts'

/** Percent² a day under which a strategy does not vary. */
const NO_VARIANCE = 1e-16

/**
 * Highest annual Sharpe ratio of a fully invested portfolio: least variance of y = κ·w at a mean of 1, every limit times κ.
 * What does not vary is left out. Charnes & Cooper, Naval Research Logistics Quarterly 9 (1962); Cornuéjols & Tütüncü, Optimization Methods in
 * Finance (2006), section 8.2.
 */
export const maxSharpe: Constructor = prepared => {
  const { means, percent, expected, upper } = prepared
  const size = percent.length
  const varies = percent.map(column => variance(column) > NO_VARIANCE)
  const best = Math.max(...expected.filter((_, index) => varies[index]))
  // As in the program itself; where nothing varies there is no ratio, whatever the limits.
  const left = varies.includes(true) ? { ...prepared, upper: upper.map((cap, index) => (varies[index] ? cap : 0)) } : prepared
  if (!(best > 0)) return noPositiveMean(left)
  // Over the best mean, so that the sum of y is near 1.
  const meanRow: Row = { coefficients: [...expected.map(value => value / best), 0], lower: 1, upper: 1 }
  const answer = solveConvex(means.solver, {
    cost: new Float64Array(size + 1),
    lower: new Float64Array(size + 1),
    upper: Float64Array.from({ length: size + 1 }, (_, index) => (index === size || varies[index] ? Number.POSITIVE_INFINITY : 0)),
    rows: [meanRow, ...homogeneous(prepared), ...caps(upper)],
    limits: homogeneousLimits(prepared),
    hessian: [...scaledCovariance(percent).map(row => Float64Array.from([...row, 0])), new Float64Array(size + 1)],
  })
  if (answer.status !== 'optimal') return noPositiveMean(left)
  const scale = answer.point[size] as number
  const weights = answer.point.subarray(0, size).map(value => value / scale)
  return found({ ...answer, point: weights }, each => sharpe(portfolioReturns(prepared.scenarios.columns, each)) ?? 0)
}

/** lower ≤ a·w ≤ upper as rows of (y, κ). */
const homogeneous = ({ rows }: Prepared): Row[] =>
  rows.flatMap(({ coefficients, lower, upper }) => [
    ...(Number.isFinite(upper) ? [{ coefficients: [...Array.from(coefficients), -upper], lower: Number.NEGATIVE_INFINITY, upper: 0 }] : []),
    ...(Number.isFinite(lower) ? [{ coefficients: [...Array.from(coefficients), -lower], lower: 0, upper: Number.POSITIVE_INFINITY }] : []),
  ])

const caps = (upper: Float64Array): Row[] =>
  Array.from(upper).flatMap((cap, index) => {
    const coefficients = new Float64Array(upper.length + 1)
    coefficients[index] = 1
    coefficients[upper.length] = -cap
    return Number.isFinite(cap) ? [{ coefficients, lower: Number.NEGATIVE_INFINITY, upper: 0 }] : []
  })

const homogeneousLimits = ({ riskLimits, percent }: Prepared): ConvexFunction[] =>
  riskLimits.map(({ risk, limit }) => {
    const measure = riskOf(risk, percent)
    return point => {
      const { value, slope } = measure(point.subarray(0, percent.length))
      return { value: value - limit * (point[percent.length] as number), slope: Float64Array.from([...slope, -limit]) }
    }
  })

/** Why there is no portfolio with a positive mean: the limits admit none at all, or only losing ones. */
function noPositiveMean(prepared: Prepared): Found {
  const highest = maxReturnCvar(prepared)
  return {
    status: highest.status === 'infeasible' ? 'infeasible' : 'no_positive_mean',
    weights: new Float64Array(prepared.percent.length),
    objective: null,
  }
}
