import { growthSearch } from '../growth-search.ts'
import { shrunkScenarios } from '../shrunk-scenarios.ts'
import { type Constructor, found } from './constructor.ts'
import { fastestGrowth, growthIn } from './max-cagr.ts'

/**
 * Highest mean log growth over scenarios whose covariance and means are shrunk, within the limits as the history itself shows them; its figure is
 * the growth over the shrunk ones. Sources in `shrunk-scenarios.ts`; Kelly (1956).
 */
export const maxCagrV2: Constructor = prepared => {
  const columns = shrunkScenarios(prepared.scenarios.columns)
  const percent = columns.map(column => column.map(value => value * 100))
  const smooth = growthSearch(prepared, percent)({ likely: [] })
  if (smooth) return found({ status: 'optimal', point: smooth.weights, rounds: 0 }, growthIn(columns))
  return found(fastestGrowth(prepared, { percent }), growthIn(columns))
}
