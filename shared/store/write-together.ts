import { type ClientBulkWriteModel, type ClientBulkWriteResult, type Document, MongoClientBulkWriteError, type UpdateFilter } from 'mongodb'
import type { z } from 'zod'
import { isDuplicateKey, type Store, type StoredCollection } from './collection.ts'

interface JoinedInsert {
  in: StoredCollection<z.ZodType>
  insert: Document
}

interface JoinedUpdate {
  in: StoredCollection<z.ZodType>
  filter: Document
  update: UpdateFilter<Document>
  upsert?: boolean
}

/** A write of one document: a value, so that several can go out together. */
export type JoinedWrite = JoinedInsert | JoinedUpdate

/** `taken`: an insert met a unique key; `unmatched`: an update found nothing; `untried`: a write before it was `taken`. */
export type WriteOutcome = 'written' | 'unmatched' | 'taken' | 'untried'

/** Writes in one round trip, in order; a unique key that is taken ends it. Each must be harmless to do again. Needs MongoDB 8. */
export async function writeTogether(store: Store, writes: readonly JoinedWrite[]): Promise<WriteOutcome[]> {
  const models = writes.map(write => modelOf(write, `${store.db.databaseName}.${write.in.name}`))
  try {
    const result = await store.db.client.bulkWrite(models, { ordered: true, verboseResults: true })
    return writes.map((_, index) => outcomeOf(result, index))
  } catch (error) {
    if (!(error instanceof MongoClientBulkWriteError)) throw error
    const [failed, fault] = [...error.writeErrors][0] ?? []
    if (failed === undefined || !isDuplicateKey(fault)) throw error
    return writes.map((_, index) => {
      if (index >= failed) return index === failed ? 'taken' : 'untried'
      return error.partialResult ? outcomeOf(error.partialResult, index) : 'written'
    })
  }
}

const modelOf = (write: JoinedWrite, namespace: string): ClientBulkWriteModel<Document> => {
  if ('insert' in write) return { name: 'insertOne', namespace, document: { ...write.insert } }
  const { filter, update, upsert = false } = write
  return { name: 'updateOne', namespace, filter, update, upsert }
}

const outcomeOf = ({ insertResults, updateResults }: ClientBulkWriteResult, index: number): WriteOutcome => {
  if (insertResults?.has(index)) return 'written'
  const updated = updateResults?.get(index)
  return updated && (updated.matchedCount > 0 || updated.didUpsert) ? 'written' : 'unmatched'
}
