import type { BorderedSystem, Solution } from './bordered-system.ts'
import type { DayMatrix } from './day-matrix.ts'
import type { Pairs } from './pairs.ts'

/** The equations of one step. */
export interface StepSystem extends BorderedSystem {
  /** For each matrix of days that counts: the weight of each day's figures × its figures. */
  dayWeights: Map<DayMatrix, Float64Array>
}

/** Part of a program with its own inequalities or equations, multipliers and inner unknowns. */
export interface Block {
  pairs: Pairs[]
  /** Notes what is missing at a point, adds what its multipliers pull to the residual; the most that is missing. */
  place(point: Float64Array, residual: Float64Array): number
  /** Adds its curvature, and its rows of the border. */
  assemble(system: StepSystem): void
  /** Adds what the pairs are aimed at. */
  right(inner: Float64Array, outer: Float64Array): void
  /** Takes its part of the step that was found. */
  recover(solution: Solution): void
  advance(length: number): void
  /** What more of its coefficients costs, where it is of a row. */
  price?(): number
}

/** A function of the weights with everything that a step needs of it. */
export interface SmoothPoint {
  /** Infinite where it is not defined. */
  value: number
  slope: Float64Array
  /** Adds factor × its second derivatives. */
  curve(system: StepSystem, factor: number): void
}

export type SmoothFunction = (weights: Float64Array) => SmoothPoint

/** The weights that a system gives to the days of a matrix, to add to. */
export function dayWeightsOf({ dayWeights }: StepSystem, matrix: DayMatrix): Float64Array {
  const known = dayWeights.get(matrix) ?? new Float64Array(matrix.days)
  dayWeights.set(matrix, known)
  return known
}
