import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, readOrNull, type Store } from './collection.ts'

const lease = z.object({
  lease_id: z.string(),
  holder: z.string(),
  until: date,
  /** Who waits for it: its holder lets go as soon as it may. */
  next: z.string().optional(),
  /** When its holder last began to do what it holds it for. */
  looked_at: date.optional(),
})

/** Who does what only one may do at a time. */
const leases = collection('leases', { schema: lease, indexes: [{ key: { lease_id: 1 }, unique: true }], retention: 'forever' })

/** Who looks after orders. */
export const SUPERVISION = 'supervise-orders'

export interface Holding {
  lease_id: string
  holder: string
  until: Date
}

/** An end further ahead than any holder sets it was set by a clock that has been put back since. */
const ABSURD_MS = 60_000

const isFree = (now: Date) => ({ $or: [{ until: { $lt: now } }, { until: { $gt: new Date(now.getTime() + ABSURD_MS) } }] })

/** Whether nobody holds a lease. */
export async function isLeaseFree(store: Store, lease_id: string, now: Date): Promise<boolean> {
  const held = readOrNull(leases, await leases.in(store).findOne({ lease_id }))
  return !held || held.until < now || held.until.getTime() > now.getTime() + ABSURD_MS
}

/** How the last holder left a lease that was taken: it let go, or it died, or there was none. */
export type Taken = 'handed over' | 'interrupted'

/** Takes a lease that nobody has; null where somebody has it. */
export async function takeFreeLease(store: Store, { lease_id, holder, until }: Holding, now: Date): Promise<Taken | null> {
  try {
    const before = await leases
      .in(store)
      .findOneAndUpdate(
        { lease_id, ...isFree(now) },
        { $set: { holder, until }, $unset: { next: '' } },
        { upsert: true, returnDocument: 'before' },
      )
    return readOrNull(leases, before)?.until.getTime() === 0 ? 'handed over' : 'interrupted'
  } catch (error) {
    if (isDuplicateKey(error)) return null // somebody has it: the upsert tried to insert beside it
    throw error
  }
}

/** Keeps a lease longer; false where another has taken it. */
export async function keepLease(store: Store, { lease_id, holder, until }: Holding): Promise<boolean> {
  const { matchedCount } = await leases.in(store).updateOne({ lease_id, holder }, { $set: { until } })
  return matchedCount === 1
}

/** Says that one waits for a lease, for its holder to see. */
export async function askForLease(store: Store, { lease_id, holder }: Pick<Holding, 'lease_id' | 'holder'>): Promise<void> {
  await leases.in(store).updateOne({ lease_id }, { $set: { next: holder } })
}

/** Keeps a lease longer; `asked` where somebody waits for it, `lost` where another has taken it. */
export async function renewLease(
  store: Store,
  { lease_id, holder, until, looked_at }: Holding & { looked_at: Date },
): Promise<'kept' | 'asked' | 'lost'> {
  const found = await leases.in(store).findOneAndUpdate({ lease_id, holder }, { $set: { until, looked_at } }, { returnDocument: 'after' })
  const kept = readOrNull(leases, found)
  if (!kept) return 'lost'
  return kept.next === undefined ? 'kept' : 'asked'
}

/** Lets go of a lease, so that whoever takes it next knows that nothing was left undone. */
export const handOver = (store: Store, { lease_id, holder }: Pick<Holding, 'lease_id' | 'holder'>): Promise<boolean> =>
  keepLease(store, { lease_id, holder, until: new Date(0) })
