import { growthSearch } from '../growth-search.ts'
import { TRADING_DAYS } from '../measures/series.ts'
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
  const least = LEAST_SHARE * highest.objective
  const growth = growthIn(prepared.scenarios.columns)
  const smooth = growthSearch(prepared)({ floor: least / Math.sqrt(TRADING_DAYS), likely: [highest.weights] })
  if (smooth) return found({ status: 'optimal', point: smooth.weights, rounds: 0 }, growth)
  const floor = sharpeFloors(prepared)(least)
  return found(fastestGrowth(prepared, { more: [floor], inside: withinFloor(prepared, highest) }), growth)
}
