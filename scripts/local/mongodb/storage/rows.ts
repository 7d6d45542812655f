import type { StatementSync } from 'node:sqlite'
import { decode, MAX_DOCUMENT } from '../bson/codec.ts'
import { decodeFields, type Fields } from '../bson/fields.ts'
import { keyOf } from '../bson/key.ts'
import type { Doc } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { type Collection, type Entry, entriesOf, type Index } from './collection.ts'
import type { Change } from './oplog.ts'
import type { Store } from './store.ts'

export type Row = { rid: number; bytes: Buffer }

export const buffer = (value: unknown) => {
  const bytes = value as Uint8Array
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

type Table = Record<'idTaken' | 'byId' | 'byRow' | 'lastRow' | 'insert' | 'update' | 'remove', StatementSync>
type Keys = Record<'taken' | 'add' | 'remove' | 'only' | 'equal', StatementSync>

const tables = new WeakMap<Collection, Table>()
const keys = new WeakMap<Index, Keys>()

/** The statements of a collection's table, prepared once for as long as the collection is there. */
export const tableOf = (store: Store, collection: Collection): Table => {
  const there = tables.get(collection)
  if (there) return there
  const name = `c_${collection.id}`
  const made = {
    idTaken: store.sql(`SELECT 1 FROM ${name} WHERE id_key = ?`),
    byId: store.sql(`SELECT rid, doc FROM ${name} WHERE id_key = ?`),
    byRow: store.sql(`SELECT doc FROM ${name} WHERE rid = ?`),
    lastRow: store.sql(`SELECT max(rid) AS last FROM ${name} `),
    insert: store.sql(`INSERT INTO ${name} (rid, id_key, doc) VALUES (?, ?, ?)`),
    update: store.sql(`UPDATE ${name} SET doc = ? WHERE rid = ?`),
    remove: store.sql(`DELETE FROM ${name} WHERE rid = ?`),
  }
  tables.set(collection, made)
  return made
}

/** The statements of an index's table. */
export const keysOf = (store: Store, collection: Collection, index: Index): Keys => {
  const there = keys.get(index)
  if (there) return there
  const name = `i_${collection.id}_${index.id}`
  const found = `SELECT i.rid AS rid, c.doc AS doc FROM ${name} i CROSS JOIN c_${collection.id} c ON c.rid = i.rid WHERE i.key = ?`
  const made = {
    taken: store.sql(`SELECT 1 FROM ${name} WHERE key = ? AND rid <> ? LIMIT 1`),
    add: store.sql(`INSERT INTO ${name} (key, rid) VALUES (?, ?)`),
    remove: store.sql(`DELETE FROM ${name} WHERE key = ? AND rid = ?`),
    only: store.sql(found),
    equal: store.sql(`${found} AND i.rid > ? ORDER BY i.rid LIMIT 0 + ?`),
  }
  keys.set(index, made)
  return made
}

/** Makes the table of a new collection. */
export const createTable = (store: Store, { id }: Collection) =>
  store.run(`CREATE TABLE c_${id} (rid INTEGER PRIMARY KEY, id_key BLOB NOT NULL UNIQUE, doc BLOB NOT NULL)`)

const nextRow = (store: Store, { id }: Collection, { lastRow }: Table) => {
  const next = (store.lastRows.get(id) ?? Number(lastRow.get()?.last ?? 0)) + 1
  store.lastRows.set(id, next)
  return next
}

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
  const { taken } = keysOf(store, collection, index)
  for (const { key, values } of entries) if (taken.get(key, rid)) throw duplicate(collection, index, values)
}

const addEntries = (store: Store, collection: Collection, index: Index, entries: readonly Entry[], rid: number) => {
  const multikey = entries.length > 1 || entries.some(({ values }) => values.includes(undefined))
  if (multikey && !index.multikey) {
    index.multikey = true
    if (collection.indexes.includes(index)) store.saveCollection(collection)
  }
  const { add } = keysOf(store, collection, index)
  for (const { key } of entries) add.run(key, rid)
}

const removeEntries = (store: Store, collection: Collection, index: Index, entries: readonly Entry[], rid: number) => {
  const { remove } = keysOf(store, collection, index)
  for (const { key } of entries) remove.run(key, rid)
}

/** Adds a document, in a row of its own or in the one that it had, or throws before anything is written. */
export const insertRow = (store: Store, collection: Collection, doc: Doc, bytes: Buffer, former?: number) => {
  const idKey = keyOf(doc._id)
  const table = tableOf(store, collection)
  if (table.idTaken.get(idKey)) throw duplicate(collection, collection.idIndex, [doc._id])
  const additions = collection.indexes.map(index => ({ index, entries: entriesOf(index, doc) }))
  for (const { index, entries } of additions) if (index.unique) refuseTaken(store, collection, index, entries, 0)
  const rid = former ?? nextRow(store, collection, table)
  table.insert.run(rid, idKey, bytes)
  for (const { index, entries } of additions) if (entries.length > 0) addEntries(store, collection, index, entries, rid)
  store.changed({ ns: collection.ns, op: 'insert', rid, after: bytes })
}

const without = (entries: readonly Entry[], others: readonly Entry[]) =>
  entries.filter(({ key }) => !others.some(other => other.key.equals(key)))

/** The indexes whose keys a change of some top-level fields can move; undefined stands for a change of any field. */
const movedBy = ({ indexes }: Collection, touched: Fields) =>
  indexes.filter(({ heads }) => !heads || !touched || !heads.isDisjointFrom(touched))

/** The fields of a stored document from which the keys of some indexes are made. */
const keyed = (row: Row, indexes: readonly Index[]): Doc => {
  if (indexes.length === 0) return {}
  const heads = new Set<string>()
  for (const index of indexes) {
    if (!index.heads) return decode(row.bytes)
    for (const head of index.heads) heads.add(head)
  }
  return decodeFields(row.bytes, heads)
}

/** A document for another; `paths` are those that operators changed, undefined where it is another document altogether. */
type Replacement = { doc: Doc; bytes: Buffer; touched: Fields; paths: Change['paths'] }

/** Replaces a document by one that differs in the touched fields, or throws before anything is written. */
export const updateRow = (store: Store, collection: Collection, row: Row, { doc, bytes, touched, paths }: Replacement) => {
  if (bytes.length > MAX_DOCUMENT) throw new CommandError(10334, `Resulting document after update is larger than ${MAX_DOCUMENT}`)
  const moved = movedBy(collection, touched)
  const old = keyed(row, moved)
  const changes = moved.map(index => {
    const [before, after] = [entriesOf(index, old), entriesOf(index, doc)]
    return { index, removed: without(before, after), added: without(after, before) }
  })
  for (const { index, added } of changes) if (index.unique) refuseTaken(store, collection, index, added, row.rid)
  tableOf(store, collection).update.run(bytes, row.rid)
  for (const { index, removed, added } of changes) {
    if (removed.length > 0) removeEntries(store, collection, index, removed, row.rid)
    if (added.length > 0) addEntries(store, collection, index, added, row.rid)
  }
  store.changed({ ns: collection.ns, op: paths ? 'update' : 'replace', rid: row.rid, before: row.bytes, after: bytes, paths })
}

/** Removes a document. */
export const deleteRow = (store: Store, collection: Collection, row: Row) => {
  const old = keyed(row, collection.indexes)
  for (const index of collection.indexes) removeEntries(store, collection, index, entriesOf(index, old), row.rid)
  tableOf(store, collection).remove.run(row.rid)
  store.changed({ ns: collection.ns, op: 'delete', rid: row.rid, before: row.bytes })
}

/** The bytes of one document as they are now. */
export const rowAt = (store: Store, collection: Collection, rid: number): Row | undefined => {
  if (collection.dropped) return undefined
  const found = tableOf(store, collection).byRow.get(rid)
  return found && { rid, bytes: buffer(found.doc) }
}
