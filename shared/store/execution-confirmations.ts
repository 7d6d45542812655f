import type { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { executionConfirmation } from '../messages/order.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

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

/** Stores a confirmation, once; tells whether it was new. */
export async function insertConfirmation(store: Store, confirmation: StoredConfirmation): Promise<boolean> {
  try {
    await executionConfirmations.in(store).insertOne({ ...confirmation })
    return true
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    return false
  }
}
