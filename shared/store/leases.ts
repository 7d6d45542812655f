import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'

const lease = z.object({ lease_id: z.string(), holder: z.string(), until: date })

/** Who does what only one may do at a time. */
const leases = collection('leases', { schema: lease, indexes: [{ key: { lease_id: 1 }, unique: true }], retention: 'forever' })

export interface Holding {
  lease_id: string
  holder: string
  until: Date
}

/** Takes a lease from whoever has it, who sees so the next time that it tries to keep it. */
export async function takeLease(store: Store, { lease_id, holder, until }: Holding): Promise<void> {
  try {
    await leases.in(store).updateOne({ lease_id }, { $set: { holder, until } }, { upsert: true })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    await leases.in(store).updateOne({ lease_id }, { $set: { holder, until } })
  }
}

/** Takes a lease that nobody has; tells whether it did. */
export async function takeFreeLease(store: Store, { lease_id, holder, until }: Holding, now: Date): Promise<boolean> {
  try {
    const { matchedCount, upsertedCount } = await leases
      .in(store)
      .updateOne({ lease_id, until: { $lt: now } }, { $set: { holder, until } }, { upsert: true })
    return matchedCount + upsertedCount === 1
  } catch (error) {
    if (isDuplicateKey(error)) return false // somebody has it: the upsert tried to insert beside it
    throw error
  }
}

/** Keeps a lease longer; false where another has taken it. */
export async function keepLease(store: Store, { lease_id, holder, until }: Holding): Promise<boolean> {
  const { matchedCount } = await leases.in(store).updateOne({ lease_id, holder }, { $set: { until } })
  return matchedCount === 1
}
