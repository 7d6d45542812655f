import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { collection, isDuplicateKey, type Store } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'

const deadLetter = z.object({
  /** The message's own id. */
  message_id: z.string(),
  step: z.string(),
  topic: z.string(),
  code: z.string(),
  reason: z.string(),
  data: z.string(),
  attributes: z.record(z.string(), z.string()),
  ordering_key: z.string(),
  signal_id: z.string().nullable(),
  order_id: z.string().nullable(),
  at: date,
  ...outbox,
})

export type DeadLetter = z.output<typeof deadLetter>

export const deadLetters = collection('dead_letters', {
  schema: deadLetter,
  indexes: [{ key: { message_id: 1, step: 1 }, unique: true }, { key: { signal_id: 1 } }, { key: { at: -1 } }, ...outboxIndexes],
  retention: 'forever',
})

export async function insertDeadLetter(store: Store, letter: z.output<typeof deadLetter>): Promise<void> {
  try {
    await deadLetters.in(store).insertOne({ ...letter })
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
  }
}

/** Which of these signals have a row. Uses (signal_id). */
export const deadLettered = async (store: Store, signal_ids: string[]): Promise<Set<string | null>> => {
  const found = await deadLetters
    .in(store)
    .find({ signal_id: { $in: signal_ids } }, { projection: { signal_id: 1 } })
    .toArray()
  return new Set(found.map(({ signal_id }) => signal_id))
}
