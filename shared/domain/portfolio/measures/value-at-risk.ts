import { CONFIDENCE, lossesOf, type Returns } from './series.ts'

/** Smallest loss that 95 % of days do not pass: the ⌈0.95·T⌉-th smallest, positive for a loss. */
export function valueAtRisk(returns: Returns): number {
  const sorted = lossesOf(returns).sort()
  // Less a billionth, since 0.95 × 60 may come out a hair over 57.
  return sorted[Math.max(0, Math.ceil(CONFIDENCE * sorted.length - 1e-9) - 1)] ?? 0
}
