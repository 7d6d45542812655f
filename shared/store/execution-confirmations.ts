import type { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { executionConfirmation } from '../messages/order.ts'
import { collection, type Store, update } from './collection.ts'
import { type OutboxMessage, outbox, outboxIndexes } from './outbox.ts'
import type { JoinedWrite } from './write-together.ts'

/** What the broker said of an order, as it was booked. */
const storedConfirmation = executionConfirmation.extend({ booked_at: date, ...outbox })
export type StoredConfirmation = z.output<typeof storedConfirmation>

export const executionConfirmations = collection('execution_confirmations', {
  schema: storedConfirmation,
  indexes: [
    { key: { confirmation_id: 1 }, unique: true },
    { key: { order_id: 1, timestamp: 1 } },
    { key: { signal_id: 1 } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

/** Stores a confirmation, once. */
export const confirmationWrite = (confirmation: StoredConfirmation): JoinedWrite => ({ in: executionConfirmations, insert: confirmation })

/** Adds what must be sent besides. */
export async function sendWithConfirmation(store: Store, confirmation_id: string, messages: OutboxMessage[]): Promise<void> {
  await executionConfirmations.in(store).updateOne({ confirmation_id }, update({ $push: { outbox: { $each: messages } } }))
}
