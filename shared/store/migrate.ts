import { bsonSchema } from './bson-schema.ts'
import { allCollections, type Store } from './collection.ts'

/** Brings the database's collections, validators and indexes to what this directory says. Doing it again changes nothing. */
export async function applyCollections(store: Store): Promise<string[]> {
  const existing = new Set((await store.db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name))
  const done: string[] = []
  for (const { name, schema, indexes, foreign } of allCollections) {
    const own = bsonSchema(schema)
    const validator = { $jsonSchema: foreign ? { anyOf: [own, foreign] } : own }
    if (existing.has(name)) await store.db.command({ collMod: name, validator })
    else await store.db.createCollection(name, { validator })
    if (indexes.length > 0) await store.db.collection(name).createIndexes(indexes)
    done.push(name)
  }
  return done
}
