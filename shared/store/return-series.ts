import type { Document } from 'mongodb'
import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import type { Store } from './collection.ts'
import { instrumentReturns } from './instrument-returns.ts'
import { strategyBacktestData } from './strategy-backtest-data.ts'

/** Daily returns of a strategy or of an instrument, and which version of them these are. */
export interface StoredSeries {
  id: string
  hash: string
  dates: string[]
  daily_returns: number[]
  /** Of a strategy only. */
  figures: { mean_return_daily: number; mean_trade_return: number | null; mean_holding_days: number | null } | null
}

interface Kind {
  in: typeof strategyBacktestData | typeof instrumentReturns
  id: string
  writtenAt: string
  written: z.ZodType
}

const kinds = {
  strategies: { in: strategyBacktestData, id: 'strategy_id', writtenAt: 'loaded_at', written: z.object({ loaded_at: date }) },
  instruments: { in: instrumentReturns, id: 'instrument_id', writtenAt: 'updated_at', written: z.object({ updated_at: date }) },
} satisfies Record<string, Kind>

export type SeriesKind = keyof typeof kinds

/** Finds something where series were written after a moment. Uses (loaded_at) or (updated_at). */
export const writtenSince = (kind: SeriesKind, moment: Date) => {
  const { in: from, writtenAt, written } = kinds[kind]
  return { in: from, filter: { [writtenAt]: { $gt: moment } }, limit: 1, fields: [writtenAt], part: written }
}

/** Which versions there are of some series, and when the newest of their kind was written. */
export interface SeriesVersions {
  newest: Date
  hashes: ReadonlyMap<string, string>
}

/** The versions of series that are there. A large read: it is not joined with what decisions ask for, which would wait for it. */
export async function seriesVersions(store: Store, kind: SeriesKind, ids: readonly string[]): Promise<SeriesVersions> {
  const { in: from, id, writtenAt } = kinds[kind]
  const [newest, found] = await Promise.all([
    from.in(store).findOne({}, { projection: { _id: 0, [writtenAt]: 1 }, sort: { [writtenAt]: -1 } }),
    from
      .in(store)
      .find({ [id]: { $in: ids } }, { projection: { _id: 0, [id]: 1, source_hash: 1 }, batchSize: 1_000 })
      .toArray(),
  ])
  return {
    newest: newest?.[writtenAt] ?? new Date(0),
    hashes: new Map(found.map(document => [String(document[id]), String(document.source_hash)])),
  }
}

/** Those that are there. Few at a time: each may be a hundred kilobytes. */
export async function seriesOf(store: Store, kind: SeriesKind, ids: readonly string[]): Promise<StoredSeries[]> {
  const { in: from, id } = kinds[kind]
  const found = await from
    .in(store)
    .find({ [id]: { $in: ids } })
    .toArray()
  return found.map(document => seriesFrom(document, id))
}

const seriesFrom = (document: Document, id: string): StoredSeries => ({
  id: String(document[id]),
  hash: String(document.source_hash),
  dates: document.dates,
  daily_returns: document.daily_returns,
  figures:
    id === 'strategy_id'
      ? {
          mean_return_daily: document.mean_return_daily,
          mean_trade_return: document.mean_trade_return ?? null,
          mean_holding_days: document.mean_holding_days ?? null,
        }
      : null,
})
