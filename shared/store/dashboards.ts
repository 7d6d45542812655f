import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, type Store } from './collection.ts'

/** What screens show, made beforehand: the newest of each kind, with the fields that `messages/dashboards` names. */
const snapshot = z.looseObject({
  dashboard_type: z.enum(['client', 'signal_sender']),
  /** The strategy, or the fund. */
  subject: z.string(),
  generated_at: date,
})

const dashboardSnapshots = collection('dashboard_snapshots', {
  schema: snapshot,
  indexes: [{ key: { dashboard_type: 1, subject: 1 }, unique: true }],
  retention: 'forever',
})

export type SnapshotId = Pick<z.output<typeof snapshot>, 'dashboard_type' | 'subject'>

/** A snapshot as it is shown; null before it was built. */
export async function snapshotOf(store: Store, { dashboard_type, subject }: SnapshotId): Promise<object | null> {
  const found = await dashboardSnapshots
    .in(store)
    .findOne({ dashboard_type, subject }, { projection: { _id: 0, dashboard_type: 0, subject: 0 } })
  return found
}

/** Keeps a snapshot in place of the one before. */
export async function putSnapshot(store: Store, id: SnapshotId, content: { generated_at: string }): Promise<void> {
  const document = { ...id, ...content, generated_at: new Date(content.generated_at) }
  await dashboardSnapshots.in(store).replaceOne(id, document, { upsert: true })
}
