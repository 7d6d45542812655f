import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

/** Statistics, so numbers: what an instrument's price did from one day to the next, as fractions. */
const instrumentReturn = z.object({
  instrument_id: z.string(),
  /** YYYY-MM-DD, oldest first. */
  dates: z.array(z.string()),
  daily_returns: z.array(z.number()),
  source: z.string(),
  source_hash: z.string(),
  updated_at: date,
})
export type InstrumentReturns = z.output<typeof instrumentReturn>

/** Daily returns by instrument, written once a day by `sync-accounts`: the risk of what has no backtest is judged by them (CER-6). */
export const instrumentReturns = collection('instrument_returns', {
  schema: instrumentReturn,
  indexes: [{ key: { instrument_id: 1 }, unique: true }, { key: { updated_at: -1 } }],
  retention: 'forever',
})

export async function putInstrumentReturns(store: Store, { instrument_id, ...rest }: InstrumentReturns): Promise<void> {
  await instrumentReturns.in(store).updateOne({ instrument_id }, { $set: rest }, { upsert: true })
}

/** Instruments whose returns were written since a moment. */
export async function instrumentsWithReturnsSince(store: Store, since: Date): Promise<Set<string>> {
  const found = await instrumentReturns
    .in(store)
    .find({ updated_at: { $gte: since } }, { projection: { instrument_id: 1 } })
    .toArray()
  return new Set(found.map(({ instrument_id }) => String(instrument_id)))
}
