import type { Row } from '../convex-program.ts'
import { maximize } from '../maximize.ts'
import { sharpe } from '../measures/sharpe.ts'
import type { Prepared } from '../prepare.ts'
import { portfolioReturns } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'
import { fastestGrowth, growthIn } from './max-cagr.ts'
import { attainableSharpe, highestSharpe, sharpeFloors, withinFloor } from './sharpe-floor.ts'

const HALF = 0.5
/** Share of the interval of Sharpe ratios at which the search ends. */
const WIDTH = 3e-3
/** Of growth while searching: what it hides is far less than what a step of that width changes. */
const SEARCH_GAP = 1e-7
/** Shares of a ratio that are rounding. */
const SAME = 1e-7

interface Candidate {
  weights: Float64Array
  score: number
}

/**
 * Best blend α·Sharpe ÷ Sharpe* + (1 − α)·growth ÷ growth*, each star the answer of its own constructor; its figure is the blend. For each floor of
 * the Sharpe ratio the fastest growth is a convex program; the floor is found by parabolas and golden sections (Brent, Algorithms for Minimization without Derivatives, 1973, ch. 5).
 */
export const maxHybrid: Constructor = prepared => {
  const highest = highestSharpe(prepared)
  if (highest.objective === null) return highest
  const pool: Row[] = []
  const fastest = fastestGrowth(prepared, { pool })
  const growth = growthIn(prepared.scenarios.columns)
  if (fastest.status !== 'optimal' || growth(fastest.point) <= 0) return found(fastest, () => 0)
  const score = blendOf(prepared, { sharpe: highest.objective, growth: growth(fastest.point) })
  const floors = sharpeFloors(prepared)
  const inside = withinFloor(prepared, highest)
  const highestRatio = highest.objective
  const at = (level: number, gap?: number): Candidate => {
    const { status, point } = fastestGrowth(prepared, {
      more: [floors(level)],
      pool,
      inside: level < highestRatio ? inside : undefined,
      ...(gap !== undefined && { gap }),
    })
    return status === 'optimal' ? { weights: point, score: score(point) } : { weights: fastest.point, score: Number.NEGATIVE_INFINITY }
  }
  const lowest = sharpe(portfolioReturns(prepared.scenarios.columns, fastest.point)) ?? 0
  const top = Math.max(lowest, attainableSharpe(prepared) ?? highest.objective)
  const fast = { weights: fastest.point, score: score(fastest.point) }
  // Where the fastest growth has the highest ratio already, as of strategies that are all the same, nothing is to be found between them.
  if (top - lowest <= SAME * top) return found(fastest, score)
  const level = maximize(each => at(each, SEARCH_GAP).score, { from: lowest, to: top, width: WIDTH * (top - lowest) })
  const best = better(fast, at(level))
  return found({ status: 'optimal', point: best.weights, rounds: 0 }, score)
}

const blendOf = (prepared: Prepared, highest: { sharpe: number; growth: number }) => (weights: Float64Array) => {
  const { columns } = prepared.scenarios
  const share = prepared.problem.blend ?? HALF
  const ratio = sharpe(portfolioReturns(columns, weights)) ?? 0
  return (share * ratio) / highest.sharpe + ((1 - share) * growthIn(columns)(weights)) / highest.growth
}

const better = (one: Candidate, other: Candidate): Candidate => (other.score > one.score ? other : one)
