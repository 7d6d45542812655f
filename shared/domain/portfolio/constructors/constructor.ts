import type { ConvexAnswer } from '../convex-program.ts'
import type { Prepared } from '../prepare.ts'
import type { Found } from '../problem.ts'

/** Finds weights for a prepared problem. */
export type Constructor = (prepared: Prepared) => Found

/** What a solver found as weights; the figure is counted from them, never taken from the solver. */
export function found({ status, point }: ConvexAnswer, objective: (weights: Float64Array) => number): Found {
  if (status !== 'optimal') return { status, weights: new Float64Array(point.length), objective: null }
  const weights = point.map(weight => (weight < 1e-12 ? 0 : weight))
  return { status, weights, objective: objective(weights) }
}
