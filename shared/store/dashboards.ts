import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

/** What screens show, made beforehand: the newest of each kind, its content as `messages/dashboards` has it. */
const snapshot = z.object({
  dashboard_type: z.enum(['client', 'signal_sender']),
  /** The strategy, or the fund. */
  subject: z.string(),
  generated_at: date,
  content: z.unknown(),
})

const dashboardSnapshots = collection('dashboard_snapshots', {
  schema: snapshot,
  indexes: [{ key: { dashboard_type: 1, subject: 1 }, unique: true }],
  retention: 'forever',
})

export const snapshotOf = async (store: Store, id: { dashboard_type: 'client' | 'signal_sender'; subject: string }) => {
  const found = await dashboardSnapshots.in(store).findOne(id)
  return found ? dashboardSnapshots.read(found) : null
}

export async function putSnapshot(store: Store, { dashboard_type, subject, ...rest }: z.output<typeof snapshot>): Promise<void> {
  await dashboardSnapshots.in(store).updateOne({ dashboard_type, subject }, { $set: rest }, { upsert: true })
}
