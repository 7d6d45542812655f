import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { bookMode } from '../messages/signal.ts'
import { collection, type Store } from './collection.ts'

/** One fund, mode and day of the fund's calendar. */
const rollup = z.object({
  fund_id: z.string(),
  trading_mode: bookMode,
  /** YYYY-MM-DD in the fund's zone. */
  day: z.string(),
  /** First and latest equity seen that day, in the fund's currency. */
  equity_open: decimal,
  equity_close: decimal,
  updated_at: date,
})
export type DailyRollup = z.output<typeof rollup>

const dailyRollups = collection('daily_rollups', {
  schema: rollup,
  indexes: [{ key: { fund_id: 1, trading_mode: 1, day: 1 }, unique: true }],
  retention: 'forever',
})

/** Keeps the day's latest equity; the first one of a day is its opening. */
export async function rollEquity(
  store: Store,
  { fund_id, trading_mode, day, equity_open, equity_close, updated_at }: DailyRollup,
): Promise<void> {
  await dailyRollups
    .in(store)
    .updateOne({ fund_id, trading_mode, day }, { $set: { equity_close, updated_at }, $setOnInsert: { equity_open } }, { upsert: true })
}

/** A fund's days, oldest first. Uses (fund_id, trading_mode, day). */
export const daysOf = async (store: Store, trading_mode: 'LIVE' | 'PAPER') => {
  const found = await dailyRollups.in(store).find({ fund_id: store.fund_id, trading_mode }).sort({ day: 1 }).toArray()
  return found.map(dailyRollups.read)
}
