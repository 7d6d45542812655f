import { decode } from '../bson/codec.ts'
import { keyOf } from '../bson/key.ts'
import { type Collection, entriesOf } from '../storage/collection.ts'
import type { Change } from '../storage/oplog.ts'
import type { Store } from '../storage/store.ts'
import { collectionIn } from './context.ts'

export type Taken = (key: string) => boolean

/** The unique keys of a stored document: its `_id`, and its entries in the unique indexes. */
const keysOf = (collection: Collection, bytes: Buffer): string[] => {
  const doc = decode(bytes)
  const indexed = collection.indexes
    .filter(({ unique }) => unique)
    .flatMap(index => entriesOf(index, doc).map(({ key }) => `${collection.ns} ${index.name} ${key.toString('latin1')}`))
  return [`${collection.ns} _id_ ${keyOf(doc._id).toString('latin1')}`, ...indexed]
}

/** The unique keys that a change took, which nobody had before it. */
export const keysTaken = (store: Store, { ns, before, after }: Change): string[] => {
  const collection = after && collectionIn(store, ns)
  if (!collection) return []
  const had = new Set(before ? keysOf(collection, before) : [])
  return keysOf(collection, after).filter(key => !had.has(key))
}

/** Whether one of a growing list of changes took a key; the list is only read as far as nobody did before. */
export const takenBy = (store: Store, changes: () => readonly Change[]): Taken => {
  const keys = new Set<string>()
  let read = 0
  return key => {
    for (const change of changes().slice(read)) for (const taken of keysTaken(store, change)) keys.add(taken)
    read = changes().length
    return keys.has(key)
  }
}
