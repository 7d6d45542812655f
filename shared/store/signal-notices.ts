import { z } from 'zod'
import { date, identifier } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

const signalNotice = z.object({
  signal_id: z.string(),
  strategy_id: identifier,
  /** The signal in a line. */
  line: z.string(),
  received_at: date,
  received_told: z.boolean(),
  /** Whether its result was told, which is the last there is to tell. */
  done: z.boolean(),
  expires_at: date,
})
export type SignalNotice = z.output<typeof signalNotice>

const KEPT_MS = 30 * 24 * 3_600_000

const signalNotices = collection('signal_notices', {
  schema: signalNotice,
  indexes: [
    { key: { signal_id: 1 }, unique: true },
    { key: { done: 1, received_at: 1 } },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
  retention: '30 days',
})

/** Notes a signal that is to be told of, once. */
export async function noteSignal(
  store: Store,
  { signal_id, ...rest }: Pick<SignalNotice, 'signal_id' | 'strategy_id' | 'line' | 'received_at'>,
): Promise<void> {
  const expires_at = new Date(rest.received_at.getTime() + KEPT_MS)
  const first = { ...rest, received_told: false, done: false, expires_at }
  await signalNotices.in(store).updateOne({ signal_id }, { $setOnInsert: first }, { upsert: true })
}

/** The newest signals of which there is still something to tell, oldest first. Uses (done, received_at). */
export const openNotices = async (store: Store, limit: number): Promise<SignalNotice[]> => {
  const found = await signalNotices.in(store).find({ done: false }).sort({ received_at: -1 }).limit(limit).toArray()
  return found.map(signalNotices.read).reverse()
}

/** Says of which signals the receipt, or the result, was told. */
export async function markTold(store: Store, told: { received: string[]; results: string[] }): Promise<void> {
  const mark = (signal_ids: string[], changes: Partial<SignalNotice>) =>
    signal_ids.length === 0 ? null : signalNotices.in(store).updateMany({ signal_id: { $in: signal_ids } }, { $set: changes })
  await mark(told.received, { received_told: true })
  await mark(told.results, { received_told: true, done: true })
}
