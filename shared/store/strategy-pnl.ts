import { z } from 'zod'
import { date, decimal, identifier } from '../messages/codecs.ts'
import { bookMode } from '../messages/signal.ts'
import { collection, isDuplicateKey, readOrNull, type Store } from './collection.ts'

const amounts = z.record(z.string(), decimal)

/** What a strategy has made in all: realized and unrealized less fees, by currency of the instruments. */
const strategyPnl = z.object({
  strategy_id: identifier,
  trading_mode: bookMode,
  /** Day of the last reading, YYYY-MM-DD in the fund's zone. */
  day: z.string(),
  /** At the last reading before that day began, and at the last reading. */
  before_day: amounts,
  pnl: amounts,
  updated_at: date,
})
export type StrategyPnl = z.output<typeof strategyPnl>

/** Kept for strategies with a limit on the loss of a day. */
const strategyPnls = collection('strategy_pnl', {
  schema: strategyPnl,
  indexes: [{ key: { strategy_id: 1, trading_mode: 1 }, unique: true }],
  retention: 'forever',
})

export const strategyPnlQuery = (strategy_id: string) => ({ in: strategyPnls, filter: { strategy_id } })

interface NewReading extends Omit<StrategyPnl, 'before_day'> {
  /** The day before, likewise. */
  day_before: string
  /** What was made before the day began, where no reading of the day before tells. */
  atDayStart(): Promise<StrategyPnl['before_day']>
}

/** Stores a reading; the first one of a day keeps the one before as that day's start. Nothing happens where a newer one is there. */
export async function recordStrategyPnl(store: Store, { day_before, atDayStart, ...reading }: NewReading): Promise<void> {
  const { strategy_id, trading_mode, day, pnl, updated_at } = reading
  const documents = strategyPnls.in(store)
  for (;;) {
    const known = readOrNull(strategyPnls, await documents.findOne({ strategy_id, trading_mode }))
    if (known && known.updated_at >= updated_at) return
    const before_day = known?.day === day ? known.before_day : known?.day === day_before ? known.pnl : await atDayStart()
    try {
      if (known) {
        const seen = { strategy_id, trading_mode, updated_at: known.updated_at }
        const written = await documents.updateOne(seen, { $set: { day, before_day, pnl, updated_at } })
        if (written.matchedCount === 1) return
      } else {
        await documents.insertOne({ ...reading, before_day })
        return
      }
    } catch (error) {
      if (!isDuplicateKey(error)) throw error
    }
  }
}
