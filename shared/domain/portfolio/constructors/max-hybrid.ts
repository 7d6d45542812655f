import type { Row } from '../convex-program.ts'
import { sharpe } from '../measures/sharpe.ts'
import type { Prepared } from '../prepare.ts'
import { portfolioReturns } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'
import { fastestGrowth, growthIn } from './max-cagr.ts'
import { attainableSharpe, highestSharpe, sharpeFloors, withinFloor } from './sharpe-floor.ts'

const HALF = 0.5
const GOLDEN = (Math.sqrt(5) - 1) / 2
/** Share of the interval of Sharpe ratios at which the search ends. */
const WIDTH = 3e-3

interface Candidate {
  weights: Float64Array
  score: number
}

/**
 * Best blend α·Sharpe ÷ Sharpe* + (1 − α)·growth ÷ growth*, each star the answer of its own constructor; its figure is the blend. For each floor of
 * the Sharpe ratio the fastest growth is a convex program; the floor is found by golden section (Kiefer, Proc. AMS 4, 1953).
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
  const at = (level: number): Candidate => {
    const { status, point } = fastestGrowth(prepared, {
      more: [floors(level)],
      pool,
      inside: level < highestRatio ? inside : undefined,
    })
    return status === 'optimal' ? { weights: point, score: score(point) } : { weights: fastest.point, score: Number.NEGATIVE_INFINITY }
  }
  const lowest = sharpe(portfolioReturns(prepared.scenarios.columns, fastest.point)) ?? 0
  const top = Math.max(lowest, attainableSharpe(prepared) ?? highest.objective)
  const best = goldenSection(at, lowest, top, { weights: fastest.point, score: score(fastest.point) })
  return found({ status: 'optimal', point: best.weights, rounds: 0 }, score)
}

const blendOf = (prepared: Prepared, highest: { sharpe: number; growth: number }) => (weights: Float64Array) => {
  const { columns } = prepared.scenarios
  const share = prepared.problem.blend ?? HALF
  const ratio = sharpe(portfolioReturns(columns, weights)) ?? 0
  return (share * ratio) / highest.sharpe + ((1 - share) * growthIn(columns)(weights)) / highest.growth
}

function goldenSection(at: (level: number) => Candidate, from: number, to: number, known: Candidate): Candidate {
  let [low, high] = [from, to]
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)]
  let [one, other] = [at(left), at(right)]
  let best = [known, one, other].reduce(better)
  while (high - low > WIDTH * (to - from)) {
    if (one.score >= other.score) {
      ;[high, right, other] = [right, left, one]
      left = high - GOLDEN * (high - low)
      one = at(left)
    } else {
      ;[low, left, one] = [left, right, other]
      right = low + GOLDEN * (high - low)
      other = at(right)
    }
    best = [best, one, other].reduce(better)
  }
  return best
}

const better = (one: Candidate, other: Candidate): Candidate => (other.score > one.score ? other : one)
