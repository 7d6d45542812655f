import { instrumentColumn, type Scenarios, scenariosOf, strategyColumn } from '../../shared/domain/risk/scenarios.ts'
import type { Store } from '../../shared/store/collection.ts'
import { lastWritten, type SeriesKind, type StoredSeries, seriesHashes, seriesOf } from '../../shared/store/return-series.ts'

const KINDS = ['strategies', 'instruments'] as const
const column = { strategies: strategyColumn, instruments: instrumentColumn }
/** Versions are compared this often even where nothing newer was written. */
const COMPARE_EVERY_MS = 10_000
const SERIES_AT_ONCE = 20

type Wanted = Record<SeriesKind, readonly string[]>

/** Series that are known, by id; null for one that is not there. */
type Known = Map<string, StoredSeries | null>

export interface ScenarioCache {
  /** When the newest series that is taken into account was written. */
  newest(kind: SeriesKind): Date
  /** Scenarios with at least the columns that are wanted; where something newer was written, versions are compared first. */
  scenarios(wanted: Wanted, changed: boolean): Promise<Scenarios>
  /** A strategy's backtest, once its scenarios were asked for. */
  backtest(strategy_id: string): StoredSeries['figures']
}

/** The scenario matrix, kept over decisions: made anew when a series was added, or another version of one (its source hash) was loaded. */
export function scenarioCache(store: Store): ScenarioCache {
  const known: Record<SeriesKind, Known> = { strategies: new Map(), instruments: new Map() }
  const newest = { strategies: new Date(0), instruments: new Date(0) }
  let matrix: Scenarios = scenariosOf([])
  let comparedAt = Number.NEGATIVE_INFINITY
  let working: Promise<unknown> = Promise.resolve()

  const isKnown = (wanted: Wanted) => KINDS.every(kind => wanted[kind].every(id => known[kind].has(id)))
  const isRecent = () => performance.now() - comparedAt < COMPARE_EVERY_MS

  const compare = async () => {
    for (const kind of KINDS) {
      const [at, hashes] = await Promise.all([lastWritten(store, kind), seriesHashes(store, kind, [...known[kind].keys()])])
      for (const [id, series] of known[kind]) if (series?.hash !== hashes.get(id)) known[kind].delete(id)
      newest[kind] = at
    }
    comparedAt = performance.now()
  }

  const load = async (wanted: Wanted): Promise<boolean> => {
    let added = false
    for (const kind of KINDS) {
      const missing = [...new Set(wanted[kind])].filter(id => !known[kind].has(id))
      for (let at = 0; at < missing.length; at += SERIES_AT_ONCE) {
        const ids = missing.slice(at, at + SERIES_AT_ONCE)
        const found = new Map((await seriesOf(store, kind, ids)).map(series => [series.id, series]))
        for (const id of ids) known[kind].set(id, found.get(id) ?? null)
        added = true
      }
    }
    return added
  }

  const refresh = async (wanted: Wanted, changed: boolean) => {
    const before = KINDS.reduce((count, kind) => count + known[kind].size, 0)
    if (changed || !isRecent()) await compare()
    const dropped = KINDS.reduce((count, kind) => count + known[kind].size, 0) < before
    if (!(await load(wanted)) && !dropped) return
    matrix = scenariosOf(
      KINDS.flatMap(kind =>
        [...known[kind].values()].flatMap(series =>
          series ? [{ column: column[kind](series.id), dates: series.dates, returns: series.daily_returns }] : [],
        ),
      ),
    )
  }

  return {
    newest: kind => newest[kind],
    backtest: strategy_id => known.strategies.get(strategy_id)?.figures ?? null,
    scenarios: async (wanted, changed) => {
      if (changed || !isRecent() || !isKnown(wanted)) {
        const turn = working.then(() => refresh(wanted, changed))
        working = turn.catch(() => undefined)
        await turn
      }
      return matrix
    },
  }
}
