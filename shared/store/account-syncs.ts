import { z } from 'zod'
import type { Alert } from '../messages/alert.ts'
import { date, identifier } from '../messages/codecs.ts'
import { collection, type Store, update } from './collection.ts'
import { type OutboxMessage, outbox, outboxIndexes, toOutbox } from './outbox.ts'

const brokerStatus = z.enum(['CONNECTED', 'DISCONNECTED', 'NEEDS_LOGIN'])

const accountSync = z.object({
  account_id: identifier,
  broker_id: identifier,
  broker_status: brokerStatus,
  /** When the broker was last asked, and when it last answered whole. */
  asked_at: date,
  read_at: date.nullable(),
  /** Since when its state is kept from before; null while it can be read. */
  stale_since: date.nullable(),
  /** Why it could not be read. */
  reason: z.string().nullable(),
  ...outbox,
})
export type AccountSync = z.output<typeof accountSync>

/** How the last reading of each account went (ACC-4). */
export const accountSyncs = collection('account_syncs', {
  schema: accountSync,
  indexes: [{ key: { account_id: 1 }, unique: true }, { key: { broker_id: 1 } }, ...outboxIndexes],
  retention: 'forever',
})

type Attempt = Pick<AccountSync, 'account_id' | 'broker_id' | 'broker_status' | 'asked_at'>

export async function recordReading(store: Store, { account_id, ...attempt }: Attempt): Promise<void> {
  const fields = { ...attempt, read_at: attempt.asked_at, stale_since: null, reason: null }
  await accountSyncs.in(store).updateOne({ account_id }, { $set: fields }, { upsert: true })
}

/** Marks an account as stale; what must be told of it is returned the first time only, until it was read again. */
export async function recordFailure(store: Store, { account_id, ...attempt }: Attempt, reason: string): Promise<OutboxMessage[]> {
  const first = { read_at: null, stale_since: null }
  await accountSyncs.in(store).updateOne({ account_id }, { $set: { ...attempt, reason }, $setOnInsert: first }, { upsert: true })
  const message = staleAlert({ account_id, reason, at: attempt.asked_at, broker_id: attempt.broker_id })
  const marked = await accountSyncs
    .in(store)
    .updateOne({ account_id, stale_since: null }, update({ $set: { stale_since: attempt.asked_at }, $push: { outbox: message } }))
  return marked.modifiedCount === 1 ? [message] : []
}

function staleAlert({
  account_id,
  broker_id,
  reason,
  at,
}: {
  account_id: string
  broker_id: string
  reason: string
  at: Date
}): OutboxMessage {
  const data: Alert = {
    severity: 'WARNING',
    key: `stale_account.${account_id}`,
    title: `Account ${account_id} cannot be read`,
    detail: `${broker_id} did not tell the state of ${account_id}: ${reason}. Its last state is kept and marked stale; it is asked again every 5 minutes.`,
    signal_id: null,
    order_id: null,
    at,
  }
  return toOutbox({ topic: 'alerts', ordering_key: '', data, at })
}

export const syncsOf = async (store: Store, account_ids: string[]): Promise<AccountSync[]> => {
  const found = await accountSyncs
    .in(store)
    .find({ account_id: { $in: account_ids } })
    .toArray()
  return found.map(accountSyncs.read)
}
