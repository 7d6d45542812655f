import type { Row } from '../convex-program.ts'
import { deviationOf, growthSearch } from '../growth-search.ts'
import { maximize } from '../maximize.ts'
import { covariance } from '../measures/correlation.ts'
import { TRADING_DAYS } from '../measures/series.ts'
import { sharpe } from '../measures/sharpe.ts'
import type { Prepared } from '../prepare.ts'
import type { Found } from '../problem.ts'
import { portfolioReturns } from '../scenarios.ts'
import { seekZero } from '../seek-zero.ts'
import { type Constructor, found } from './constructor.ts'
import { fastestGrowth, growthIn } from './max-cagr.ts'
import { attainableSharpe, highestSharpe, sharpeFloors, withinFloor } from './sharpe-floor.ts'

const HALF = 0.5
/** Share of the interval of Sharpe ratios at which the search ends. */
const WIDTH = 3e-3
/** Of a blend of about 1: what may be missed where the search goes by slopes. */
const ENOUGH = 1e-9
/** Of growth while searching: what it hides is far less than what a step of that width changes. */
const SEARCH_GAP = 1e-7
/** Shares of a ratio that are rounding. */
const SAME = 1e-7

/** Parts of the interval of Sharpe ratios that are looked at first. */
const GRID = 6

interface Candidate {
  weights: Float64Array
  score: number
}

interface Search {
  prepared: Prepared
  highest: Found
  fastest: Float64Array
  score: (weights: Float64Array) => number
  /** Weight of a unit of growth, and of a unit of the Sharpe ratio, in the score. */
  worth: { growth: number; sharpe: number }
  /** Cuts that all of it shares. */
  pool: Row[]
  from: number
  to: number
}

/**
 * Best blend α·Sharpe ÷ Sharpe* + (1 − α)·growth ÷ growth*, each star the answer of its own constructor; its figure is the blend. For each floor of
 * the Sharpe ratio the fastest growth is a convex program, whose multiplier says what a higher floor would cost; the floor is where that is what it gains.
 */
export const maxHybrid: Constructor = prepared => {
  const highest = highestSharpe(prepared)
  if (highest.objective === null) return highest
  const pool: Row[] = []
  const fastest = fastestGrowth(prepared, { pool })
  const growth = growthIn(prepared.scenarios.columns)
  if (fastest.status !== 'optimal' || growth(fastest.point) <= 0) return found(fastest, () => 0)
  const share = prepared.problem.blend ?? HALF
  const worth = { sharpe: share / highest.objective, growth: (1 - share) / growth(fastest.point) }
  const score = (weights: Float64Array) => worth.sharpe * sharpeOf(prepared, weights) + worth.growth * growth(weights)
  const from = sharpeOf(prepared, fastest.point)
  const to = Math.max(from, attainableSharpe(prepared) ?? highest.objective)
  // Where the fastest growth has the highest ratio already, as of strategies that are all the same, nothing is to be found between them.
  if (to - from <= SAME * to) return found(fastest, score)
  const search = { prepared, highest, fastest: fastest.point, score, worth, pool, from, to }
  const best = better({ weights: fastest.point, score: score(fastest.point) }, bySlopes(search) ?? byValues(search))
  return found({ status: 'optimal', point: best.weights, rounds: 0 }, score)
}

const sharpeOf = ({ scenarios }: Prepared, weights: Float64Array): number => sharpe(portfolioReturns(scenarios.columns, weights)) ?? 0

/** Where what a higher floor costs in growth is what it gains; null where floors cannot be searched so. */
function bySlopes({ prepared, highest, fastest, score, worth, from, to }: Search): Candidate | null {
  const search = growthSearch(prepared)
  const matrix = covariance(prepared.percent)
  let best: Candidate | null = null
  let last = fastest
  const gain = (level: number): number | null => {
    const answer = search({ floor: level / Math.sqrt(TRADING_DAYS), likely: [fastest, highest.weights] })
    if (!answer) return null
    const { weights, price } = answer
    const candidate = { weights, score: score(weights) }
    last = weights
    best = best ? better(best, candidate) : candidate
    // The floor is daily, growth is in percent.
    return worth.sharpe - (worth.growth * price * deviationOf(matrix, weights)) / (100 * Math.sqrt(TRADING_DAYS))
  }
  // Where strategies fill their caps one by one there may be several hills: the highest is found on a grid first.
  const grid = Array.from({ length: GRID - 1 }, (_, place) => {
    const level = from + ((place + 1) * (to - from)) / GRID
    const slope = gain(level)
    return { level, slope: slope ?? Number.NEGATIVE_INFINITY, score: slope === null ? Number.NEGATIVE_INFINITY : score(last) }
  })
  const seen = [
    { level: from, slope: worth.sharpe, score: score(fastest) },
    ...grid,
    { level: to, slope: -1, score: Number.NEGATIVE_INFINITY },
  ]
  const top = seen.reduce((high, each, place) => (each.score > (seen[high]?.score ?? 0) ? place : high), 0)
  const [left, right] = (seen[top]?.slope ?? 0) > 0 ? [seen[top], seen[top + 1]] : [seen[top - 1], seen[top]]
  if (left && right && left.slope > 0) seekZero(gain, { from: left.level, to: right.level, above: left.slope, enough: ENOUGH })
  return best
}

/** The highest by values alone: parabolas and golden sections. */
function byValues({ prepared, highest, fastest, score, pool, from, to }: Search): Candidate {
  const floors = sharpeFloors(prepared)
  const inside = withinFloor(prepared, highest)
  const at = (level: number, gap?: number): Candidate => {
    const { status, point } = fastestGrowth(prepared, {
      more: [floors(level)],
      pool,
      inside: level < (highest.objective ?? 0) ? inside : undefined,
      ...(gap !== undefined && { gap }),
    })
    return status === 'optimal' ? { weights: point, score: score(point) } : { weights: fastest, score: Number.NEGATIVE_INFINITY }
  }
  return at(maximize(each => at(each, SEARCH_GAP).score, { from, to, width: WIDTH * (to - from) }))
}

const better = (one: Candidate, other: Candidate): Candidate => (other.score > one.score ? other : one)
