import { largestFeasibleScale } from './largest-feasible-scale.ts'
import type { Prepared } from './prepare.ts'

/** Weights that rounding alone keeps up. */
const NOTHING = 1e-7
/** Share of what the limits allow at which a search begins. */
const WELL_INSIDE = 0.5

/** The same weight for each of some strategies, well inside the limits where the sum is free. */
export function interiorStart(prepared: Prepared, members: readonly number[]): Float64Array {
  const { sum } = prepared.problem.limits
  if (sum !== undefined) return new Float64Array(members.length).fill(sum / members.length)
  const equal = new Float64Array(prepared.percent.length)
  for (const index of members) equal[index] = 1 / members.length
  const scale = Math.min(1, largestFeasibleScale(prepared, equal) ?? 1)
  return new Float64Array(members.length).fill((WELL_INSIDE * scale) / members.length)
}

/** Weights as they are answered: what is nothing is 0, and no limit is passed by rounding. */
export function settled(prepared: Prepared, found: Float64Array): Float64Array {
  const { sum } = prepared.problem.limits
  const kept = found.map(weight => (weight < NOTHING ? 0 : weight))
  const total = kept.reduce((all, weight) => all + weight, 0)
  if (sum !== undefined) return kept.map(weight => (weight * sum) / total)
  const scale = largestFeasibleScale(prepared, kept)
  return scale !== null && scale < 1 ? kept.map(weight => weight * scale) : kept
}
