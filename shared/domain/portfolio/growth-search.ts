import { dayMatrix } from './interior-point/day-matrix.ts'
import { minimizeSmooth, type SmoothAnswer } from './interior-point/minimize.ts'
import { smoothFloor, smoothGrowth } from './interior-point/smooth-growth.ts'
import { covariance } from './measures/correlation.ts'
import { tailDays } from './measures/tail-mean.ts'
import type { Prepared } from './prepare.ts'
import { dot, portfolioReturns, slopeInWeights } from './scenarios.ts'
import { interiorStart, settled } from './smooth-weights.ts'

/** Growth, percent, that gaps are measured by at least. */
const SMALL = 0.01
/** Strategies to begin with, and how many join at a time. */
const FIRST = 40
const JOINING = 20
const ROUNDS = 8
/** Percent of growth for a unit of weight under which a strategy outside is not worth asking in. */
const WORTH = 1e-8

export interface GrowthAnswer {
  weights: Float64Array
  /** What a unit of the floor costs in growth, percent; 0 where there is no floor. */
  price: number
}

/** Least daily mean ÷ deviation; and portfolios that are likely to hold what the answer holds. */
export interface GrowthQuestion {
  floor?: number
  likely: readonly Float64Array[]
}

/**
 * Makes a search for the fastest growth within the limits and over a floor of the Sharpe ratio: Newton's method over the strategies that are likely to
 * matter, which others join while the multipliers say that they would help. It finds null where it is not made for the limits, or gets stuck.
 */
export function growthSearch(prepared: Prepared, percent: readonly Float64Array[] = prepared.percent) {
  const made = prepared.riskLimits.every(({ risk }) => risk === 'cvar_95')
  const matrix = covariance(prepared.percent)
  const known: Known = { prepared, percent, matrix, joined: new Set() }
  return (question: GrowthQuestion): GrowthAnswer | null => (made ? search(known, question) : null)
}

interface Known {
  prepared: Prepared
  /** Columns over which growth is counted. */
  percent: readonly Float64Array[]
  /** Covariance, percent². */
  matrix: readonly Float64Array[]
  /** Strategies that take part, by index. */
  joined: Set<number>
}

function search(known: Known, { floor, likely }: GrowthQuestion): GrowthAnswer | null {
  const { prepared, joined } = known
  for (const weights of likely) for (const [index, weight] of weights.entries()) if (weight > 0) joined.add(index)
  const byMean = Array.from(prepared.expected.keys()).sort((one, other) => (prepared.expected[other] ?? 0) - (prepared.expected[one] ?? 0))
  for (const index of byMean) if (joined.size < FIRST) joined.add(index)
  for (let round = 0; round < ROUNDS; round += 1) {
    const members = [...joined].sort((one, other) => one - other)
    const answer = solveAmong(known, members, floor)
    if (!answer) return null
    const weights = new Float64Array(prepared.percent.length)
    for (const [place, index] of members.entries()) weights[index] = answer.point[place] as number
    const helpful = wanted(known, { weights, answer, floor })
    if (helpful.length === 0) return { weights: settled(prepared, weights), price: answer.prices[0] ?? 0 }
    for (const index of helpful.slice(0, JOINING)) joined.add(index)
  }
  return null
}

function solveAmong({ prepared, percent, matrix }: Known, members: readonly number[], floor: number | undefined): SmoothAnswer | null {
  const of = <T>(list: readonly T[]) => members.map(index => list[index] as T)
  const returns = dayMatrix(of(prepared.percent))
  const growth = percent === prepared.percent ? returns : dayMatrix(of(percent))
  const expected = Float64Array.from(members, index => prepared.expected[index] as number)
  const among = of(matrix).map(row => Float64Array.from(members, index => row[index] as number))
  const count = tailDays(returns.days)
  return minimizeSmooth({
    objective: smoothGrowth(growth),
    upper: Float64Array.from(members, index => prepared.upper[index] as number),
    rows: prepared.rows.map(row => ({ ...row, coefficients: Float64Array.from(members, index => row.coefficients[index] as number) })),
    tails: prepared.riskLimits.map(({ limit }) => ({ matrix: returns, count, limit, weight: 0 })),
    concave: floor === undefined ? [] : [smoothFloor({ expected, covariance: among }, floor)],
    start: interiorStart(prepared, members),
    small: SMALL,
  })
}

/** Strategies outside whose slope, with every multiplier, says that growth would gain; the most helpful first. */
function wanted(
  { prepared, percent, matrix, joined }: Known,
  { weights, answer, floor }: { weights: Float64Array; answer: SmoothAnswer; floor: number | undefined },
): number[] {
  if (joined.size === weights.length) return []
  const returns = portfolioReturns(percent, weights)
  const slope = slopeInWeights(
    percent,
    returns.map(value => -1 / ((1 + value / 100) * returns.length)),
  )
  for (const prices of answer.dayPrices)
    for (const [index, value] of slopeInWeights(prepared.percent, prices).entries()) slope[index] = (slope[index] as number) - value
  for (const [number, { coefficients }] of prepared.rows.entries())
    for (let index = 0; index < slope.length; index += 1)
      slope[index] = (slope[index] as number) + (answer.rowPrices[number] as number) * (coefficients[index] as number)
  if (floor !== undefined) {
    const ratio = smoothFloor({ expected: prepared.expected, covariance: matrix }, floor)(weights).slope
    for (const [index, value] of ratio.entries()) slope[index] = (slope[index] as number) - (answer.prices[0] as number) * value
  }
  const outside = Array.from(slope.keys()).filter(index => !joined.has(index) && (slope[index] as number) < -WORTH)
  return outside.sort((one, other) => (slope[one] as number) - (slope[other] as number))
}

/** Deviation of weights, percent a day. */
export const deviationOf = (matrix: readonly Float64Array[], weights: Float64Array): number =>
  Math.sqrt(matrix.reduce((sum, row, index) => sum + (weights[index] as number) * dot(row, weights), 0))
