import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

const rowFault = z.object({ line: z.number(), code: z.string(), message: z.string() })

/** One reading of a strategy's `backtest_source`, from the request to its end. */
const backtestSync = z.object({
  run_id: z.string(),
  strategy_id: z.string(),
  /** A bucket path or URL; null for a file that came with the request. */
  source: z.string().nullable(),
  status: z.enum(['queued', 'done', 'unchanged', 'failed']),
  /** Why it failed, where it was not its rows. */
  reason: z.string().nullable(),
  errors: z.array(rowFault),
  /** All of them, the listed and the rest. */
  num_errors: z.number(),
  warnings: z.array(z.string()),
  days: z.number().nullable(),
  source_hash: z.string().nullable(),
  requested_by: z.string(),
  requested_from: z.string().nullable(),
  requested_at: date,
  finished_at: date.nullable(),
  ...outbox,
})
export type BacktestSync = z.output<typeof backtestSync>

export const backtestSyncs = collection('backtest_syncs', {
  schema: backtestSync,
  indexes: [
    { key: { run_id: 1 }, unique: true },
    { key: { strategy_id: 1, requested_at: -1 } },
    { key: { requested_at: 1 }, expireAfterSeconds: 30 * 86_400 },
    ...outboxIndexes,
  ],
  retention: '30 days',
})

export const insertSync = async (store: Store, sync: BacktestSync): Promise<void> => {
  await backtestSyncs.in(store).insertOne({ ...sync })
}

export const syncOf = async (store: Store, { strategy_id, run_id }: { strategy_id: string; run_id: string }) =>
  readOrNull(backtestSyncs, await backtestSyncs.in(store).findOne({ strategy_id, run_id }))

export const latestSync = async (store: Store, strategy_id: string) => {
  const [found] = await backtestSyncs.in(store).find({ strategy_id }).sort({ requested_at: -1 }).limit(1).toArray()
  return readOrNull(backtestSyncs, found)
}

export type SyncEnd = Partial<
  Pick<BacktestSync, 'status' | 'reason' | 'errors' | 'num_errors' | 'warnings' | 'days' | 'source_hash' | 'finished_at'>
>

/** Ends a sync once; a second end changes nothing. */
export const endSync = async (store: Store, run_id: string, end: SyncEnd): Promise<void> => {
  await backtestSyncs.in(store).updateOne({ run_id, status: 'queued' }, update({ $set: end }))
}
