import { instrumentColumn, type ReturnSeries, type Scenarios, scenariosOf, strategyColumn } from '../../shared/domain/risk/scenarios.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type SeriesKind, type SeriesVersions, type StoredSeries, seriesOf, seriesVersions } from '../../shared/store/return-series.ts'

const KINDS = ['strategies', 'instruments'] as const
const column = { strategies: strategyColumn, instruments: instrumentColumn }
/** Versions are compared this often even where nothing newer was written; nobody waits for that. */
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
  let newest = { strategies: new Date(0), instruments: new Date(0) }
  let matrix: Scenarios = scenariosOf([])
  let comparedAt = Number.NEGATIVE_INFINITY
  let lookedAt = Number.NEGATIVE_INFINITY
  let working: Promise<unknown> = Promise.resolve()

  const isKnown = (wanted: Wanted) => KINDS.every(kind => wanted[kind].every(id => known[kind].has(id)))
  const isRecent = () => performance.now() - lookedAt < COMPARE_EVERY_MS
  const idsOf = (kind: SeriesKind) => [...known[kind].keys()]

  const load = async (kind: SeriesKind, ids: readonly string[]): Promise<Known> => {
    const loaded: Known = new Map()
    for (let at = 0; at < ids.length; at += SERIES_AT_ONCE) {
      const some = ids.slice(at, at + SERIES_AT_ONCE)
      const found = new Map((await seriesOf(store, kind, some)).map(series => [series.id, series]))
      for (const id of some) loaded.set(id, found.get(id) ?? null)
    }
    return loaded
  }

  const readVersions = async () => {
    const [strategies, instruments] = await Promise.all(KINDS.map(kind => seriesVersions(store, kind, idsOf(kind))))
    return { strategies, instruments } as Record<SeriesKind, SeriesVersions>
  }

  /** Loads what is missing and, where versions are compared, what is there in another one; until all of it is there nothing changes. */
  const refresh = async (wanted: Wanted, comparing: boolean) => {
    const begun = performance.now()
    const versions = comparing ? await readVersions() : null
    const isOther = (kind: SeriesKind, id: string) => versions !== null && known[kind].get(id)?.hash !== versions[kind].hashes.get(id)
    const loadKind = (kind: SeriesKind) => {
      const missing = wanted[kind].filter(id => !known[kind].has(id))
      return load(kind, [...new Set([...missing, ...idsOf(kind).filter(id => isOther(kind, id))])])
    }
    const loaded = { strategies: await loadKind('strategies'), instruments: await loadKind('instruments') }
    if (versions) {
      comparedAt = begun
      lookedAt = begun
      newest = { strategies: versions.strategies.newest, instruments: versions.instruments.newest }
    }
    if (KINDS.every(kind => loaded[kind].size === 0)) return
    for (const kind of KINDS) for (const [id, series] of loaded[kind]) known[kind].set(id, series)
    matrix = scenariosOf(KINDS.flatMap(kind => [...known[kind].values()].flatMap(series => (series ? [columnOf(kind, series)] : []))))
  }

  const inTurn = (wanted: Wanted, comparing: boolean): Promise<void> => {
    const asked = performance.now()
    const turn = working.then(() => refresh(wanted, comparing && comparedAt < asked))
    working = turn.catch(() => undefined)
    return turn
  }

  const lookAgain = (wanted: Wanted) => {
    lookedAt = performance.now() // nobody else begins meanwhile
    inTurn(wanted, true).catch(() => {
      lookedAt = Number.NEGATIVE_INFINITY
    })
  }

  return {
    newest: kind => newest[kind],
    backtest: strategy_id => known.strategies.get(strategy_id)?.figures ?? null,
    scenarios: async (wanted, changed) => {
      if (changed || !isKnown(wanted)) await inTurn(wanted, changed)
      else if (!isRecent()) lookAgain(wanted)
      return matrix
    },
  }
}

const columnOf = (kind: SeriesKind, { id, dates, daily_returns }: StoredSeries): ReturnSeries => ({
  column: column[kind](id),
  dates,
  returns: daily_returns,
})
