import { type Transfer, transfer } from '../messages/transfer.ts'
import { collection, isDuplicateKey, readOrNull, type Store } from './collection.ts'
import { type OutboxMessage, outbox, outboxIndexes } from './outbox.ts'

export const transfers = collection('transfers', {
  schema: transfer.extend({ ...outbox }),
  indexes: [
    { key: { transfer_id: 1 }, unique: true },
    { key: { fund_id: 1, proposed_at: -1 } },
    { key: { fund_id: 1, status: 1 } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

/** Transfers that wait for a person. Uses (fund_id, status). */
export async function openTransfers(store: Store): Promise<Transfer[]> {
  const found = await transfers
    .in(store)
    .find({ fund_id: store.fund_id, status: { $in: ['PROPOSED', 'APPROVED'] } })
    .toArray()
  return found.map(document => transfer.parse(document))
}

/** The number of an account's next proposal. */
export const nextTransfer = async (store: Store, to_account: string): Promise<number> =>
  (await transfers.in(store).countDocuments({ fund_id: store.fund_id, to_account })) + 1

interface NewTransfer {
  proposal: Omit<Transfer, 'transfer_id'>
  number: number
  messages: OutboxMessage[]
}

/** Stores a proposal under its account's number, which one of several that try can have; tells whether it did. */
export async function insertTransfer(store: Store, { proposal, number, messages }: NewTransfer): Promise<boolean> {
  try {
    await transfers.in(store).insertOne({ ...proposal, transfer_id: `${proposal.to_account}-${number}`, outbox: messages })
    return true
  } catch (error) {
    if (isDuplicateKey(error)) return false
    throw error
  }
}

export const transferOf = async (store: Store, transfer_id: string): Promise<Transfer | null> => {
  const found = readOrNull(transfers, await transfers.in(store).findOne({ fund_id: store.fund_id, transfer_id }))
  return found && transfer.parse(found)
}

/** Moves a transfer on from the status that it was seen in; tells whether it still had it. */
export async function moveTransfer(store: Store, { transfer_id, status }: Transfer, changes: Partial<Transfer>): Promise<boolean> {
  const moved = await transfers.in(store).updateOne({ fund_id: store.fund_id, transfer_id, status }, { $set: { ...changes } })
  return moved.modifiedCount === 1
}

/** When cash was last moved to or from an account; null where it never was. Uses (fund_id, status). */
export async function lastMoved(store: Store, account_id: string): Promise<Date | null> {
  const either = [{ from_account: account_id }, { to_account: account_id }]
  const filter = { fund_id: store.fund_id, status: 'RECORDED', $or: either }
  const newest = await transfers.in(store).findOne(filter, { sort: { recorded_at: -1 } })
  return readOrNull(transfers, newest)?.recorded_at ?? null
}

export interface TransferPage {
  status: Transfer['status'] | undefined
  before: Date | undefined
  limit: number
}

/** Newest first. Uses (fund_id, proposed_at). */
export async function transferPage(store: Store, { status, before, limit }: TransferPage): Promise<Transfer[]> {
  const found = await transfers
    .in(store)
    .find({ fund_id: store.fund_id, ...(status && { status }), ...(before && { proposed_at: { $lt: before } }) })
    .sort({ proposed_at: -1 })
    .limit(limit)
    .toArray()
  return found.map(document => transfer.parse(document))
}
