import { type ConvexAnswer, solveConvex } from '../convex-program.ts'
import { dayMatrix } from '../interior-point/day-matrix.ts'
import { minimizeSmooth } from '../interior-point/minimize.ts'
import { tailDays } from '../measures/tail-mean.ts'
import type { Prepared } from '../prepare.ts'
import { riskOf } from '../risks.ts'
import { baseline } from './baseline.ts'
import type { Constructor } from './constructor.ts'
import { equalWeight } from './equal-weight.ts'

/** Least share of the largest proportion, so that logarithms stay finite. */
const LEAST = 1e-6

/**
 * Every strategy gives the same part of CVaR₉₅ (as far as its corners allow): most Σ ln y at CVaR(y) ≤ 1, scaled to Σw = 1. What never loses is left
 * at an equal share of the rest. Maillard, Roncalli & Teïletche, J. of Portfolio Management 36 (2010); Boudt, Carl & Peterson, J. of Risk 15 (2013).
 */
export const riskParityCvar: Constructor = prepared => {
  const { percent } = prepared
  const size = percent.length
  const single = percent.map(column => riskOf('cvar_95', [column])(Float64Array.of(1)).value)
  const losing = Array.from(percent.keys()).filter(index => (single[index] as number) > 0)
  if (losing.length === 0) return equalWeight(prepared)
  // In units of each strategy's own CVaR, so that every y is between 1/N and 1 where risks add up.
  const scaled = losing.map(index => (percent[index] as Float64Array).map(value => value / (single[index] as number)))
  const answer = bySteps(scaled) ?? byCuts(prepared, scaled)
  if (answer.status !== 'optimal') return { status: answer.status, weights: new Float64Array(size), objective: null }
  const shares = losing.map((index, place) => (answer.point[place] as number) / (single[index] as number))
  const all = shares.reduce((sum, share) => sum + share, 0)
  const proportions = new Float64Array(size).fill(1 / size)
  for (const [place, index] of losing.entries()) proportions[index] = ((shares[place] as number) / all) * (losing.length / size)
  return baseline(prepared, proportions)
}

function bySteps(scaled: readonly Float64Array[]): ConvexAnswer | null {
  const size = scaled.length
  const matrix = dayMatrix(scaled)
  const equal = new Float64Array(size).fill(1 / size)
  const answer = minimizeSmooth({
    objective: () => ({ value: 0, slope: new Float64Array(size), curve: () => undefined }),
    upper: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
    rows: [],
    tails: [{ matrix, count: tailDays(matrix.days), limit: 1, weight: 0 }],
    start: equal,
    logs: equal,
    small: 1,
  })
  return answer && { status: 'optimal', point: answer.point, rounds: answer.steps }
}

function byCuts({ means }: Prepared, scaled: readonly Float64Array[]): ConvexAnswer {
  const size = scaled.length
  const measure = riskOf('cvar_95', scaled)
  return solveConvex(means.solver, {
    cost: new Float64Array(size),
    lower: new Float64Array(size).fill(LEAST),
    upper: new Float64Array(size).fill(size * 1e3),
    rows: [],
    limits: [point => lessOne(measure(point))],
    objective: point => ({ value: -point.reduce((sum, value) => sum + Math.log(value), 0), slope: point.map(value => -1 / value) }),
    inside: new Float64Array(size).fill(1 / size),
  })
}

const lessOne = ({ value, slope }: { value: number; slope: Float64Array }) => ({ value: value - 1, slope })
