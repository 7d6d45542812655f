import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { collection, readOrNull, type Store } from './collection.ts'

const brokerAccount = z.object({
  account_id: z.string(),
  broker_id: z.string(),
  status: z.enum(['CONNECTED', 'DISCONNECTED', 'NEEDS_LOGIN']),
  /** Entries stay shut until everything at the broker was read and agrees with our books (rule 7). */
  reconciled: z.boolean(),
  reconciled_at: date.nullable(),
  /** Executions from before are known. */
  executions_since: date.nullable(),
  /** Whether what the broker held before us was taken over. */
  adopted: z.boolean(),
  /** Instruments whose quantities differ, and how often that was read in a row. */
  suspects: z.array(z.object({ instrument_id: z.string(), difference: decimal, readings: z.number(), at: date })),
  updated_at: date,
})
export type BrokerAccount = z.output<typeof brokerAccount>

/** What the supervisor knows of each account's connection. */
const brokerAccounts = collection('broker_accounts', {
  schema: brokerAccount,
  indexes: [{ key: { account_id: 1 }, unique: true }],
  retention: 'forever',
})

export const brokerAccountOf = async (store: Store, account_id: string) =>
  readOrNull(brokerAccounts, await brokerAccounts.in(store).findOne({ account_id }))

/** What was read longer ago than this says nothing of now: whoever reads has not run, as before a start. All is read every 15 s. */
const READ_WITHIN_MS = 60_000

/** Accounts whose entries are shut: their broker is away, or not all of it was read since it came back, or since we did. */
export const unreconciledQuery = (now: Date) => ({
  in: brokerAccounts,
  filter: { $or: [{ reconciled: false }, { reconciled_at: { $lt: new Date(now.getTime() - READ_WITHIN_MS) } }] },
})

/** Accounts that were reconciled once, as this process knows: whatever shuts them later is found by `unreconciledQuery`. */
const opened = new WeakMap<Store['db'], Set<string>>()

/** Whether all of an account was ever read at its broker and agreed with our books: before that no entry may go. */
export async function wasReconciled(store: Store, account_id: string): Promise<boolean> {
  const known = opened.get(store.db) ?? new Set()
  opened.set(store.db, known)
  if (known.has(account_id)) return true
  const account = await brokerAccountOf(store, account_id)
  if (account?.reconciled_at) known.add(account_id)
  return known.has(account_id)
}

export async function setBrokerAccount(store: Store, { account_id, ...rest }: BrokerAccount): Promise<void> {
  await brokerAccounts.in(store).updateOne({ account_id }, { $set: rest }, { upsert: true })
}

/** Shuts entries of accounts until everything at their broker was read again. */
export async function shutUntilReconciled(store: Store, account_ids: readonly string[], at: Date): Promise<void> {
  await brokerAccounts.in(store).updateMany({ account_id: { $in: account_ids } }, { $set: { reconciled: false, updated_at: at } })
}
