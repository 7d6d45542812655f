import type { Block } from './block.ts'
import { dayWeightsOf } from './block.ts'
import type { BorderRow } from './bordered-system.ts'
import { addTransposed, type DayMatrix, times } from './day-matrix.ts'
import { largest } from './linear-blocks.ts'
import { advance, notePlace, pairsAt, ratio, type Start, stepOf } from './pairs.ts'

/**
 * Mean of what losses pass a level by, over `count` days, and the level: α + Σ max(−p − α, 0) ÷ count, which at its least is CVaR.
 * Rockafellar & Uryasev (2000).
 */
export interface Tail {
  matrix: DayMatrix
  /** Days in the tail; need not be whole. */
  count: number
  /** Where α stands among the unknowns; without one it stays 0. */
  level: number | null
  /** The most it may be; or its weight in the objective. */
  limit: number | null
  weight: number
}

/** The inequalities of a tail, with the days' excesses as unknowns that each step removes before it is solved. */
export function tailBlock(point: Float64Array, { matrix, count, level, limit, weight }: Tail, start: Start): Block {
  const { days, size } = matrix
  const weightsOf = (x: Float64Array) => x.subarray(0, size)
  const levelOf = (x: Float64Array) => (level === null ? 0 : (x[level] as number))
  const firstPrice = limit === null ? weight : start.scale / limit
  const {
    excess,
    covered,
    duals,
    alpha: firstLevel,
  } = centered(times(matrix, weightsOf(point)), { count, price: firstPrice, product: start.product, free: level !== null })
  if (level !== null) point[level] = firstLevel
  const total = () => excess.reduce((sum, value) => sum + value, 0) / count
  const positive = pairsAt(excess, start)
  const covering = pairsAt(covered, start)
  const room = pairsAt(limit === null ? new Float64Array(0) : Float64Array.of(limit - firstLevel - total()), {
    ...start,
    least: limit === null ? 1 : limit / 10,
  })
  covering.dual.set(duals)
  positive.dual.set(duals.map(value => firstPrice / count - value))
  room.dual.fill(firstPrice)
  const [step, residuals, share, kept, own, right] = Array.from({ length: 6 }, () => new Float64Array(days)) as Six
  let at = 0
  const price = () => (limit === null ? weight : (room.dual[0] as number))

  return {
    pairs: [positive, covering, room],
    place(x, residual) {
      const returns = times(matrix, weightsOf(x))
      const alpha = levelOf(x)
      notePlace(positive, excess)
      notePlace(
        covering,
        returns.map((value, day) => value + alpha + (excess[day] as number)),
      )
      if (limit !== null) notePlace(room, Float64Array.of(limit - alpha - total()))
      addTransposed(matrix, covering.dual, residual, -1)
      if (level !== null) residual[level] = (residual[level] as number) + price() - covering.dual.reduce((sum, value) => sum + value, 0)
      for (let day = 0; day < days; day += 1)
        residuals[day] = price() / count - (positive.dual[day] as number) - (covering.dual[day] as number)
      return Math.max(largest(positive.miss), largest(covering.miss), largest(room.miss), largest(residuals))
    },
    assemble(system) {
      const row: BorderRow = { coefficients: new Float64Array(system.width), damping: limit === null ? 0 : 1 / ratio(room, 0) }
      const weights = dayWeightsOf(system, matrix)
      let [shares, curvature] = [0, 0]
      for (let day = 0; day < days; day += 1) {
        const [one, other] = [ratio(positive, day), ratio(covering, day)]
        share[day] = other / (one + other)
        kept[day] = 1 / (one + other)
        own[day] = one * (share[day] as number)
        shares += share[day] as number
        weights[day] = (weights[day] as number) + (own[day] as number)
        curvature += own[day] as number
        row.damping += limit === null ? 0 : (kept[day] as number) / count ** 2
      }
      if (level !== null) {
        const across = new Float64Array(size)
        addTransposed(matrix, own, across)
        const { cells, width } = system
        for (let index = 0; index < size; index += 1)
          cells[level * width + index] = (cells[level * width + index] as number) + (across[index] as number)
        cells[level * width + level] = (cells[level * width + level] as number) + curvature
        row.coefficients[level] = 1 - shares / count
      }
      if (limit === null) return
      addTransposed(matrix, share, row.coefficients, -1 / count)
      at = system.border.push(row) - 1
    },
    right(inner, outer) {
      const pulled = new Float64Array(days)
      let [sum, spread] = [0, 0]
      for (let day = 0; day < days; day += 1) {
        right[day] = (positive.push[day] as number) + (covering.push[day] as number) - (residuals[day] as number)
        pulled[day] = (covering.push[day] as number) - (share[day] as number) * (right[day] as number)
        sum += pulled[day] as number
        spread += (right[day] as number) * (kept[day] as number)
      }
      addTransposed(matrix, pulled, inner)
      if (level !== null) inner[level] = (inner[level] as number) + sum
      if (limit !== null) outer[at] = -(room.push[0] as number) / ratio(room, 0) - spread / count
    },
    recover({ inner, outer }) {
      const moved = times(matrix, weightsOf(inner))
      const [alpha, priced] = [levelOf(inner), limit === null ? 0 : (outer[at] as number) / count]
      let sum = 0
      for (let day = 0; day < days; day += 1) {
        const change = (moved[day] as number) + alpha
        step[day] = ((right[day] as number) - priced) * (kept[day] as number) - (share[day] as number) * change
        sum += step[day] as number
        stepOf(positive, day, step[day] as number)
        stepOf(covering, day, (step[day] as number) + change)
      }
      if (limit !== null) stepOf(room, 0, -alpha - sum / count)
    },
    advance(length) {
      for (let day = 0; day < days; day += 1) excess[day] = (excess[day] as number) + length * (step[day] as number)
      for (const pairs of [positive, covering, room]) advance(pairs, length)
    },
  }
}

interface Wanted {
  count: number
  price: number
  product: number
  free: boolean
}

/** Excesses and multipliers whose products are all the same, and the level at which the multipliers add up to the price. */
function centered(returns: Float64Array, { count, price, product, free }: Wanted) {
  const each = price / count
  const excessAt = (over: number) => (2 * product - each * over + Math.hypot(2 * product, each * over)) / (2 * each)
  const pulled = (alpha: number) => returns.reduce((sum, value) => sum + product / (excessAt(value + alpha) + value + alpha), 0)
  let [low, high] = free ? [-largest(returns) - 1, largest(returns) + 1] : [0, 0]
  for (let halves = 0; free && halves < HALVES; halves += 1) {
    const middle = (low + high) / 2
    if (pulled(middle) > price) low = middle
    else high = middle
  }
  const alpha = (low + high) / 2
  const excess = returns.map(value => excessAt(value + alpha))
  const covered = returns.map((value, day) => (excess[day] as number) + value + alpha)
  return { alpha, excess, covered, duals: covered.map(value => product / value) }
}

/** Of the interval in which the level lies. */
const HALVES = 40
type Six = [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
