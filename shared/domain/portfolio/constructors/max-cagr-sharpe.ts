import { type Constructor, found } from './constructor.ts'
import { fastestGrowth, growthIn } from './max-cagr.ts'
import { highestSharpe, sharpeFloors, withinFloor } from './sharpe-floor.ts'

/** Least share of the highest Sharpe ratio. */
const LEAST_SHARE = 0.8

/**
 * Highest mean log growth within the limits with a Sharpe ratio of at least 80 % of the highest (of a fully invested portfolio within the caps).
 * MacLean, Thorp & Ziemba, Quantitative Finance 10 (2010), on growth against security.
 */
export const maxCagrSharpe: Constructor = prepared => {
  const highest = highestSharpe(prepared)
  if (highest.objective === null) return highest
  const floor = sharpeFloors(prepared)(LEAST_SHARE * highest.objective)
  return found(fastestGrowth(prepared, { more: [floor], inside: withinFloor(prepared, highest) }), growthIn(prepared.scenarios.columns))
}
