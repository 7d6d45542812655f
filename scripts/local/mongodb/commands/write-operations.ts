import { compileExpression, letVariables } from '../aggregate/expressions.ts'
import { decode, encodeStored, storable } from '../bson/codec.ts'
import { equal } from '../bson/key.ts'
import { type Doc, isArray, isDoc, isTrue, number, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import type { ExpressionCompiler } from '../query/matcher.ts'
import type { Collection } from '../storage/collection.ts'
import { deleteRow, insertRow, type Row, updateRow } from '../storage/rows.ts'
import type { Store } from '../storage/store.ts'
import { compileUpdate, fromQuery, keepId, type Update } from '../update/apply.ts'
import { collectionIn, ensureCollection } from './context.ts'
import { firstMatch, type Match, matching, queryOf } from './read.ts'

/** What the operations of one write command share. */
export type WriteScope = { store: Store; ns: string; bypass: boolean; expression: ExpressionCompiler }

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const validate = (collection: Collection, doc: Doc, before: Row | undefined) => {
  const details = collection.violation?.(doc)
  if (!details) return
  const { validationAction, validationLevel } = collection.options
  if (validationLevel === 'off') return
  if (validationLevel === 'moderate' && before && collection.violation?.(decode(before.bytes))) return
  if (validationAction === 'warn') {
    console.error(
      JSON.stringify({
        severity: 'WARNING',
        message: 'document would fail validation',
        ns: collection.ns,
        details: String(details.reason),
      }),
    )
    return
  }
  throw new CommandError(121, 'Document failed validation', { errInfo: { failingDocumentId: doc._id, details } })
}

const checkId = (id: unknown) => {
  const type = typeOf(id)
  if (type === 'array' || type === 'regex') bad(53, `The '_id' value cannot be of type ${type}`)
  if (isDoc(id))
    for (const name in id)
      if (name.startsWith('$')) bad(52, `_id fields may not contain '$'-prefixed fields: ${name} is not valid for storage.`)
}

/** Inserts one document; `bytes` are those that came, if any. */
export const insertOne = ({ store, ns, bypass }: WriteScope, doc: Doc, bytes?: Buffer) => {
  const stored = storable(doc, bytes)
  checkId(stored.doc._id)
  const collection = ensureCollection(store, ns)
  if (!bypass) validate(collection, stored.doc, undefined)
  insertRow(store, collection, stored.doc, stored.bytes)
  return stored
}

export const insertBytes = (scope: WriteScope, bytes: Buffer) => insertOne(scope, decode(bytes), bytes)

export type UpdateSpec = {
  filter: Doc
  update: unknown
  multi: boolean
  upsert: boolean
  arrayFilters?: unknown
  sort?: Doc
  hint?: unknown
  constants?: unknown
}
export type Updated = {
  n: number
  modified: number
  upserted: { _id: unknown } | undefined
  /** The document that was changed, as it was. */
  before: Row | undefined
  after: Doc | undefined
}

/** The paths of an update, which the next document that it is applied to overwrites. */
const pathsOf = ({ paths }: Update) => (Array.isArray(paths) ? [...paths] : paths)

const change = ({ store, bypass }: WriteScope, collection: Collection, { row, doc, matched }: Match, update: Update) => {
  const id = doc._id
  const after = update.apply(doc, { inserting: false, matched })
  keepId(id, after)
  const bytes = encodeStored(after)
  if (bytes.equals(row.bytes)) return { modified: false, after }
  if (!bypass) validate(collection, after, row)
  updateRow(store, collection, row, { doc: after, bytes, touched: update.touched, paths: pathsOf(update) })
  return { modified: true, after }
}

const upsertOne = (scope: WriteScope, { filter, update }: UpdateSpec, compiled: Update): Doc => {
  const start = fromQuery(filter, update)
  const wanted = start._id
  const doc = compiled.apply(start, { inserting: true, matched: undefined })
  if (wanted !== undefined && !equal(wanted, doc._id)) keepId(wanted, doc)
  return insertOne(scope, doc).doc
}

/** Updates what matches, or inserts where nothing does and that is asked for. */
export const updateMatching = (scope: WriteScope, spec: UpdateSpec): Updated => {
  const { store, ns } = scope
  const { filter, update, multi, upsert, arrayFilters, sort, hint } = spec
  const replaces = isDoc(update) && !Object.keys(update)[0]?.startsWith('$')
  if (multi && replaces && Object.keys(update).length > 0) bad(9, 'multi update is not supported for replacement-style update')
  const constants = letVariables(spec.constants)
  const expression: ExpressionCompiler = spec.constants === undefined ? scope.expression : one => compileExpression(one, constants)
  const compiled = compileUpdate(update, arrayFilters, expression)
  const query = queryOf(filter, expression, { ...(sort ? { sort } : {}), hint, limit: multi ? 0 : 1 })
  const collection = collectionIn(store, ns)
  if (collection && multi) {
    // All are found before the first is changed, so that none is met twice.
    const found = [...matching(store, collection, query)].filter(match => match !== undefined)
    let modified = 0
    for (const match of found) if (change(scope, collection, match, compiled).modified) modified++
    if (found.length > 0) return { n: found.length, modified, upserted: undefined, before: undefined, after: undefined }
  }
  const match = collection && !multi ? firstMatch(store, collection, query) : undefined
  if (collection && match) {
    const { modified, after } = change(scope, collection, match, compiled)
    return { n: 1, modified: modified ? 1 : 0, upserted: undefined, before: match.row, after }
  }
  if (!upsert) return { n: 0, modified: 0, upserted: undefined, before: undefined, after: undefined }
  const after = upsertOne(scope, spec, compiled)
  return { n: 1, modified: 0, upserted: { _id: after._id }, before: undefined, after }
}

export type DeleteSpec = { filter: Doc; multi: boolean; sort?: Doc; hint?: unknown }

/** Deletes what matches; gives the number, and the document where only one was to go. */
export const deleteMatching = (
  { store, ns, expression }: WriteScope,
  { filter, multi, sort, hint }: DeleteSpec,
): { n: number; before: Doc | undefined } => {
  const query = queryOf(filter, expression, { ...(sort ? { sort } : {}), hint, limit: multi ? 0 : 1 })
  const collection = collectionIn(store, ns)
  if (!collection) return { n: 0, before: undefined }
  if (multi) {
    const found = [...matching(store, collection, query)].filter(match => match !== undefined)
    for (const { row } of found) deleteRow(store, collection, row)
    return { n: found.length, before: undefined }
  }
  const match = firstMatch(store, collection, query)
  if (match) deleteRow(store, collection, match.row)
  return { n: match ? 1 : 0, before: match?.doc }
}

/** The entry of `writeErrors` for an operation that failed; an error that is not the client's goes on. */
export const writeError = (error: unknown, index: number): Doc => {
  if (!(error instanceof CommandError)) throw error
  return { index: number(index), code: number(error.code), ...error.extra, errmsg: error.message }
}

/** Runs operations one after the other; an ordered run ends with the first error. */
export const runEach = <T>(operations: readonly T[], ordered: boolean, run: (operation: T, index: number) => void): Doc[] => {
  const errors: Doc[] = []
  for (const [i, operation] of operations.entries()) {
    try {
      run(operation, i)
    } catch (error) {
      errors.push(writeError(error, i))
      if (ordered) break
    }
  }
  return errors
}

export const isOrdered = (command: Doc) => command.ordered === undefined || isTrue(command.ordered)

export const listIn = (command: Doc, field: string): unknown[] => {
  const value = command[field]
  if (!isArray(value)) return bad(40414, `BSON field '${field}' is missing but a required field`)
  return value.length > 0 && value.length <= 100_000
    ? value
    : bad(16, `Write batch sizes must be between 1 and 100000. Got ${value.length} operations.`)
}
