import { decode, MAX_DOCUMENT } from '../bson/codec.ts'
import { keyOf } from '../bson/key.ts'
import type { Doc } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Collection, type Entry, entriesOf, type Index } from './collection.ts'
import type { Store } from './store.ts'

export type Row = { rid: number; bytes: Buffer }

export const buffer = (value: unknown) => {
  const bytes = value as Uint8Array
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Makes the table of a new collection. */
export const createTable = (store: Store, { id }: Collection) =>
  store.run(`CREATE TABLE c_${id} (rid INTEGER PRIMARY KEY AUTOINCREMENT, id_key BLOB NOT NULL UNIQUE, doc BLOB NOT NULL)`)

/** Makes the table of an index and fills it from the documents that are there. */
export const buildIndex = (store: Store, collection: Collection, index: Index) => {
  store.run(`CREATE TABLE i_${collection.id}_${index.id} (key BLOB NOT NULL, rid INTEGER NOT NULL, PRIMARY KEY (key, rid)) WITHOUT ROWID`)
  for (let last = 0; ; ) {
    const page = store.sql(`SELECT rid, doc FROM c_${collection.id} WHERE rid > ? ORDER BY rid LIMIT 256`).all(last)
    for (const row of page) {
      last = Number(row.rid)
      const entries = entriesOf(index, decode(row.doc as Uint8Array))
      if (index.unique) refuseTaken(store, collection, index, entries, last)
      addEntries(store, collection, index, entries, last)
    }
    if (page.length < 256) return
  }
}

const duplicate = (collection: Collection, index: Index, values: readonly unknown[]) => {
  const keyValue = Object.fromEntries(index.fields.map((field, i) => [field, values[i] ?? null]))
  const shown = index.fields
    .map((field, i) => `${field}: ${typeof values[i] === 'string' ? JSON.stringify(values[i]) : String(values[i] ?? null)}`)
    .join(', ')
  const message = `E11000 duplicate key error collection: ${collection.ns} index: ${index.name} dup key: { ${shown} }`
  return new CommandError(11000, message, { keyPattern: index.spec.key, keyValue })
}

const refuseTaken = (store: Store, collection: Collection, index: Index, entries: readonly Entry[], rid: number) => {
  const taken = store.sql(`SELECT rid FROM i_${collection.id}_${index.id} WHERE key = ? AND rid <> ? LIMIT 1`)
  for (const { key, values } of entries) if (taken.get(key, rid)) throw duplicate(collection, index, values)
}

const addEntries = (store: Store, collection: Collection, index: Index, entries: readonly Entry[], rid: number) => {
  const multikey = entries.length > 1 || entries.some(({ values }) => values.some(value => value === undefined))
  if (multikey && !index.multikey) {
    index.multikey = true
    if (collection.indexes.includes(index)) store.saveCollection(collection)
  }
  for (const { key } of entries) store.run(`INSERT INTO i_${collection.id}_${index.id} (key, rid) VALUES (?, ?)`, key, rid)
}

const removeEntries = (store: Store, collection: Collection, index: Index, entries: readonly Entry[], rid: number) => {
  for (const { key } of entries) store.run(`DELETE FROM i_${collection.id}_${index.id} WHERE key = ? AND rid = ?`, key, rid)
}

/** Adds a document, or throws before anything is written. */
export const insertRow = (store: Store, collection: Collection, doc: Doc, bytes: Buffer) => {
  const idKey = keyOf(doc._id)
  if (store.sql(`SELECT rid FROM c_${collection.id} WHERE id_key = ?`).get(idKey))
    throw duplicate(collection, collection.idIndex, [doc._id])
  const additions = collection.indexes.map(index => ({ index, entries: entriesOf(index, doc) }))
  for (const { index, entries } of additions) if (index.unique) refuseTaken(store, collection, index, entries, 0)
  const rid = store.run(`INSERT INTO c_${collection.id} (id_key, doc) VALUES (?, ?)`, idKey, bytes)
  for (const { index, entries } of additions) addEntries(store, collection, index, entries, rid)
}

const without = (entries: readonly Entry[], others: readonly Entry[]) =>
  entries.filter(({ key }) => !others.some(other => other.key.equals(key)))

/** Replaces a document, or throws before anything is written. */
export const updateRow = (store: Store, collection: Collection, row: Row, doc: Doc, bytes: Buffer) => {
  if (bytes.length > MAX_DOCUMENT) throw new CommandError(10334, `Resulting document after update is larger than ${MAX_DOCUMENT}`)
  const old = collection.indexes.length > 0 ? decode(row.bytes) : {}
  const changes = collection.indexes.map(index => {
    const [before, after] = [entriesOf(index, old), entriesOf(index, doc)]
    return { index, removed: without(before, after), added: without(after, before) }
  })
  for (const { index, added } of changes) if (index.unique) refuseTaken(store, collection, index, added, row.rid)
  store.run(`UPDATE c_${collection.id} SET doc = ? WHERE rid = ?`, bytes, row.rid)
  for (const { index, removed, added } of changes) {
    removeEntries(store, collection, index, removed, row.rid)
    addEntries(store, collection, index, added, row.rid)
  }
}

/** Removes a document. */
export const deleteRow = (store: Store, collection: Collection, row: Row) => {
  const old = collection.indexes.length > 0 ? decode(row.bytes) : {}
  for (const index of collection.indexes) removeEntries(store, collection, index, entriesOf(index, old), row.rid)
  store.run(`DELETE FROM c_${collection.id} WHERE rid = ?`, row.rid)
}

/** The bytes of one document as they are now. */
export const rowAt = (store: Store, collection: Collection, rid: number): Row | undefined => {
  if (collection.dropped) return undefined
  const found = store.sql(`SELECT doc FROM c_${collection.id} WHERE rid = ?`).get(rid)
  return found && { rid, bytes: buffer(found.doc) }
}
