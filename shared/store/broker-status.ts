import { z } from 'zod'
import { date, identifier } from '../messages/codecs.ts'
import { collection, type Store, update } from './collection.ts'

const status = z.object({
  broker_id: identifier,
  status: z.enum(['CONNECTED', 'DISCONNECTED', 'NEEDS_LOGIN']),
  /** Why it is not connected. */
  reason: z.string().nullable(),
  /** Since when it stands like this, and when it was last looked at. */
  since: date,
  as_of: date,
  /** Where its stream is held beside asking: whether that is open, since when, and why not. */
  stream: z.object({ status: z.enum(['OPEN', 'LOST']), since: date, reason: z.string().nullable() }).optional(),
})
export type BrokerStanding = z.output<typeof status>

/** How each broker's connection stands, as whoever talks to it last found. */
const brokerStatus = collection('broker_status', {
  schema: status,
  indexes: [{ key: { broker_id: 1 }, unique: true }],
  retention: 'forever',
})

/** Every broker's standing: a handful. */
export const brokerStatusQuery = () => ({ in: brokerStatus, filter: {} })

/** What lies this far ahead was written by a clock that was wrong, and counts as old. */
const AHEAD_MS = 15_000

/** Stores what a broker was found to be, unless something newer is known. */
export async function recordBrokerStatus(
  store: Store,
  { broker_id, status: found, reason, as_of }: Omit<BrokerStanding, 'since' | 'stream'>,
): Promise<void> {
  const documents = brokerStatus.in(store)
  const older = { $or: [{ as_of: { $lte: as_of } }, { as_of: { $gt: new Date(as_of.getTime() + AHEAD_MS) } }] }
  const same = await documents.updateOne({ broker_id, status: found, ...older }, { $set: { reason, as_of } })
  if (same.matchedCount === 1) return
  const fields = { status: found, reason, since: as_of, as_of }
  const moved = await documents.updateOne({ broker_id, status: { $ne: found }, ...older }, { $set: fields })
  if (moved.matchedCount === 0) await documents.updateOne({ broker_id }, { $setOnInsert: fields }, { upsert: true })
}

/** Stores how a broker's stream stands. */
export async function recordStream(store: Store, broker_id: string, stream: NonNullable<BrokerStanding['stream']>): Promise<void> {
  // Of a broker that nobody has asked yet its stream tells as much; whatever is found by asking is newer.
  const status = stream.status === 'OPEN' ? 'CONNECTED' : 'DISCONNECTED'
  const fresh = { status, reason: null, since: stream.since, as_of: new Date(0) }
  await brokerStatus.in(store).updateOne({ broker_id }, update({ $set: { stream }, $setOnInsert: fresh }), { upsert: true })
}
