import type { Returns } from './series.ts'

/** Compounded wealth after each day from 1; once it is 0 or less it stays 0, since a ruined account trades no more. */
export function wealth(returns: Returns): Float64Array {
  const path = new Float64Array(returns.length)
  let value = 1
  for (let day = 0; day < returns.length; day += 1) {
    value = Math.max(0, value * (1 + (returns[day] as number)))
    path[day] = value
  }
  return path
}

/** Wealth at the end less the start, as a fraction; −1 after ruin. */
export const totalReturn = (returns: Returns): number => (wealth(returns).at(-1) ?? 1) - 1
