import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

const WINDOW_MS = 60_000

const rateLimit = z.object({ key: z.string(), window_start: date, count: z.number(), expires_at: date })

const rateLimits = collection('rate_limits', {
  schema: rateLimit,
  indexes: [
    { key: { key: 1, window_start: 1 }, unique: true },
    { key: { expires_at: 1 }, expireAfterSeconds: 0 },
  ],
  retention: '1 days',
})

/** Counts one failure of a key in the current minute; tells how many there were and when the minute ends. */
export async function countFailure(
  store: Store,
  { key, now }: { key: string; now: Date },
): Promise<{ count: number; retry_after_s: number }> {
  const start = Math.floor(now.getTime() / WINDOW_MS) * WINDOW_MS
  const counted = await rateLimits
    .in(store)
    .findOneAndUpdate(
      { key, window_start: new Date(start) },
      { $inc: { count: 1 }, $setOnInsert: { expires_at: new Date(start + 2 * WINDOW_MS) } },
      { upsert: true, returnDocument: 'after' },
    )
  return { count: counted?.count ?? 1, retry_after_s: Math.ceil((start + WINDOW_MS - now.getTime()) / 1000) }
}
