import type { Row } from '../convex-program.ts'
import { dot } from '../scenarios.ts'
import type { Block, SmoothFunction, SmoothPoint } from './block.ts'
import type { BorderRow } from './bordered-system.ts'
import { advance, notePlace, type Pairs, pairsAt, ratio, type Start, stepOf } from './pairs.ts'

/** 0 ≤ x, and x ≤ upper where that is finite. */
export function boundsBlock(point: Float64Array, upper: Float64Array, start: Start): Block {
  const capped = Array.from(upper.keys()).filter(index => Number.isFinite(upper[index]))
  const below = (x: Float64Array) => Float64Array.from(capped, index => (upper[index] as number) - (x[index] as number))
  const low = pairsAt(point.slice(0, upper.length), start)
  const high = pairsAt(below(point), { ...start, centers: null })
  return {
    pairs: [low, high],
    place(x, residual) {
      notePlace(low, x.subarray(0, upper.length))
      notePlace(high, below(x))
      for (let index = 0; index < upper.length; index += 1) residual[index] = (residual[index] as number) - (low.dual[index] as number)
      for (const [at, index] of capped.entries()) residual[index] = (residual[index] as number) + (high.dual[at] as number)
      return Math.max(largest(low.miss), largest(high.miss))
    },
    assemble({ cells, width }) {
      const add = (index: number, value: number) => {
        cells[index * width + index] = (cells[index * width + index] as number) + value
      }
      for (let index = 0; index < upper.length; index += 1) add(index, ratio(low, index))
      for (const [at, index] of capped.entries()) add(index, ratio(high, at))
    },
    right(inner) {
      for (let index = 0; index < upper.length; index += 1) inner[index] = (inner[index] as number) + (low.push[index] as number)
      for (const [at, index] of capped.entries()) inner[index] = (inner[index] as number) - (high.push[at] as number)
    },
    recover({ inner }) {
      for (let index = 0; index < upper.length; index += 1) stepOf(low, index, inner[index] as number)
      for (const [at, index] of capped.entries()) stepOf(high, at, -(inner[index] as number))
    },
    advance(length) {
      advance(low, length)
      advance(high, length)
    },
  }
}

export const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** g(x) ≥ 0 for a concave g of the weights. */
export function concaveBlock(point: Float64Array, g: SmoothFunction, start: Start): Block {
  let here: SmoothPoint = g(point)
  const pairs: Pairs = pairsAt(Float64Array.of(here.value), start)
  return {
    pairs: [pairs],
    place(x, residual) {
      here = g(x)
      notePlace(pairs, Float64Array.of(here.value))
      for (const [index, slope] of here.slope.entries()) residual[index] = (residual[index] as number) - slope * (pairs.dual[0] as number)
      return Math.abs(pairs.miss[0] as number)
    },
    assemble(system) {
      addOuter(system, here.slope, ratio(pairs, 0))
      here.curve(system, -(pairs.dual[0] as number))
    },
    right(inner) {
      for (const [index, slope] of here.slope.entries()) inner[index] = (inner[index] as number) + slope * (pairs.push[0] as number)
    },
    recover: ({ inner }) => stepOf(pairs, 0, dot(here.slope, inner)),
    advance: length => advance(pairs, length),
  }
}

/** Adds factor × vector × vector′. */
export function addOuter({ cells, width }: { cells: Float64Array; width: number }, vector: ArrayLike<number>, factor: number): void {
  for (let row = 0; row < vector.length; row += 1) {
    const value = factor * (vector[row] as number)
    if (value === 0) continue
    for (let column = 0; column <= row; column += 1)
      cells[row * width + column] = (cells[row * width + column] as number) + value * (vector[column] as number)
  }
}

/** sign × coefficients·x ≥ least. */
function rowBlock(point: Float64Array, { coefficients, sign, least }: OneSided, start: Start): Block {
  const slope = Float64Array.from(coefficients, value => sign * value)
  const block = concaveBlock(point, x => ({ value: dot(slope, x) - least, slope, curve: () => undefined }), start)
  return { ...block, price: () => -sign * (block.pairs[0]?.dual[0] ?? 0) }
}

interface OneSided {
  coefficients: ArrayLike<number>
  sign: number
  least: number
}

/** coefficients·x = value. */
function equalityBlock(coefficients: Float64Array, value: number): Block {
  let [multiplier, step, miss, at] = [0, 0, 0, 0]
  return {
    pairs: [],
    place(x, residual) {
      miss = dot(coefficients, x) - value
      for (const [index, each] of coefficients.entries()) residual[index] = (residual[index] as number) + each * multiplier
      return Math.abs(miss)
    },
    assemble({ width, border }) {
      const row: BorderRow = { coefficients: new Float64Array(width), damping: 0 }
      row.coefficients.set(coefficients)
      at = border.push(row) - 1
    },
    right(_inner, outer) {
      outer[at] = -miss
    },
    recover({ outer }) {
      step = outer[at] as number
    },
    advance(length) {
      multiplier += length * step
    },
    price: () => multiplier,
  }
}

/** The blocks of lower ≤ coefficients·x ≤ upper. */
export function blocksOfRow(point: Float64Array, { coefficients, lower, upper }: Row, start: Start): Block[] {
  if (lower === upper) return [equalityBlock(Float64Array.from(coefficients), lower)]
  const low = Number.isFinite(lower) ? [rowBlock(point, { coefficients, sign: 1, least: lower }, start)] : []
  const high = Number.isFinite(upper) ? [rowBlock(point, { coefficients, sign: -1, least: -upper }, start)] : []
  return [...low, ...high]
}
