import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { date } from '../messages/codecs.ts'
import { type Topic, topics } from '../messages/pipeline-names.ts'
import { type IndexPlan, type Store, type StoredCollection, update } from './collection.ts'
import { readTogether } from './query.ts'

/** A message that must be sent because of the document that holds it. */
export const outboxMessage = z.object({
  id: z.string(),
  at: date,
  topic: z.enum(topics),
  ordering_key: z.string(),
  attributes: z.record(z.string(), z.string()),
  /** The message's JSON. */
  data: z.string(),
})
export type OutboxMessage = z.output<typeof outboxMessage>

/** For the schema of every collection whose documents cause messages. */
export const outbox = { outbox: z.array(outboxMessage).optional() }

/** The index by which the outbox is flushed in order and swept. */
export const outboxIndexes: IndexPlan[] = [
  { key: { 'outbox.ordering_key': 1, 'outbox.at': 1 }, sparse: true },
  { key: { 'outbox.at': 1 }, sparse: true },
]

export interface NewMessage {
  topic: Topic
  ordering_key: string
  attributes?: Record<string, string>
  data: unknown
  at: Date
}

export const toOutbox = ({ topic, ordering_key, attributes = {}, data, at }: NewMessage): OutboxMessage => ({
  id: randomUUID(),
  at,
  topic,
  ordering_key,
  attributes,
  data: JSON.stringify(data),
})

export type WithOutbox = StoredCollection<z.ZodType<{ outbox?: OutboxMessage[] | undefined }>>

const held = z.object({ outbox: z.array(outboxMessage) })

/** Every message that waits under one ordering key in a collection, oldest first, at most 500. Uses (outbox.ordering_key, outbox.at). */
export async function waitingMessages(store: Store, holder: WithOutbox, ordering_key: string): Promise<OutboxMessage[]> {
  const { documents } = await readTogether(store, {
    documents: {
      in: holder,
      filter: { 'outbox.ordering_key': ordering_key },
      sort: { 'outbox.at': 1 },
      limit: 500,
      fields: ['outbox'],
      part: held,
    },
  })
  return documents
    .flatMap(({ outbox: messages }) => messages)
    .filter(message => message.ordering_key === ordering_key)
    .sort((one, other) => one.at.getTime() - other.at.getTime())
}

/** Ordering keys under which something older than `before` waits, at most 500. Uses (outbox.at). */
export async function waitingKeys(store: Store, holder: WithOutbox, before: Date): Promise<string[]> {
  const documents = await store.db
    .collection(holder.name)
    .find({ 'outbox.at': { $lt: before } }, { projection: { 'outbox.ordering_key': 1 } })
    .sort({ 'outbox.at': 1 })
    .limit(500)
    .toArray()
  return [...new Set(documents.flatMap(({ outbox: messages }) => messages.map((message: OutboxMessage) => message.ordering_key)))]
}

/** Takes sent messages out of the documents that held them. */
export async function clearSent(
  store: Store,
  holder: WithOutbox,
  { ordering_keys, ids }: { ordering_keys: string[]; ids: string[] },
): Promise<void> {
  await store.db
    .collection(holder.name)
    .updateMany(
      { 'outbox.ordering_key': { $in: ordering_keys }, 'outbox.id': { $in: ids } },
      update({ $pull: { outbox: { id: { $in: ids } } } }),
    )
}
