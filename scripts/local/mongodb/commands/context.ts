import { compileExpression, letVariables } from '../aggregate/expressions.ts'
import { asInteger } from '../bson/number.ts'
import type { Reply } from '../bson/reply.ts'
import { type Doc, fieldsOf, isDoc, isNumber, isTrue } from '../bson/types.ts'
import { CommandError, onlyKnown, refuse } from '../errors.ts'
import type { ExpressionCompiler } from '../query/matcher.ts'
import { type Collection, collectionOf } from '../storage/collection.ts'
import { createTable } from '../storage/rows.ts'
import type { Store } from '../storage/store.ts'
import type { Cursors } from './cursors.ts'
import type { Faults } from './faults.ts'

export type Context = { store: Store; cursors: Cursors; faults: Faults; port: number; db: string; name: string; command: Doc }
export type Command = {
  fields: readonly string[]
  /** Fields that MongoDB knows and this server does not: they are refused by name where they are set. */
  refused?: readonly string[]
  run(context: Context): Promise<Reply> | Reply
}

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

/** The namespace of a command whose first field names a collection. */
export const namespace = ({ db, name, command }: Context, collection: unknown = command[name]): string => {
  if (typeof collection !== 'string') return bad(73, `collection name has invalid type ${typeof collection}`)
  return checkNamespace(`${db}.${collection}`)
}

/** Names that were found good, a few of the last ones. */
const good = new Set<string>()

/** Refuses names that MongoDB refuses. */
export const checkNamespace = (ns: string): string => {
  if (good.has(ns)) return ns
  const [db = '', ...rest] = ns.split('.')
  const name = rest.join('.')
  const invalidDb = db === '' || /[/\\ "$*<>:|?\0]/.test(db) || Buffer.byteLength(db) > 63
  const invalidName =
    name === '' || name.startsWith('.') || name.endsWith('.') || /[$\0]/.test(name) || name.includes('..') || Buffer.byteLength(ns) > 255
  if (invalidDb || invalidName) bad(73, `Invalid namespace specified '${ns}'`)
  if (good.size >= 1000) good.clear()
  good.add(ns)
  return ns
}

export const collectionIn = (store: Store, ns: string): Collection | undefined => store.collections.get(ns)

/** The collection of a write, made if it is not there. To be called inside a write. */
export const ensureCollection = (store: Store, ns: string, options: Doc = {}): Collection => {
  const there = store.collections.get(ns)
  if (there) return there
  const [, name = ''] = /^[^.]*\.(.*)$/s.exec(ns) ?? []
  if (name.startsWith('system.')) bad(73, `Invalid system namespace: ${ns}`)
  const collection = collectionOf(0, ns, { options, nextIndex: 1, indexes: [] })
  store.saveCollection(collection)
  createTable(store, collection)
  return collection
}

/** An optional embedded document of a command. */
export const docIn = (command: Doc, field: string): Doc => {
  const value = command[field]
  if (value === undefined || value === null) return {}
  return isDoc(value) ? fieldsOf(value) : bad(14, `BSON field '${field}' is the wrong type, expected type 'object'`)
}

/** An optional whole number of a command that may not be negative. */
export const countIn = (command: Doc, field: string): number | undefined => {
  const value = command[field]
  if (value === undefined || value === null) return undefined
  if (!isNumber(value)) return bad(14, `BSON field '${field}' is the wrong type, expected a number`)
  const count = asInteger(value)
  if (count === undefined) return bad(9, `Expected an integer: ${field}: ${String(value)}`)
  return count >= 0 ? count : bad(51024, `BSON field '${field}' value must be >= 0, actual value '${count}'`)
}

/** Refuses every collation but the plain comparison of bytes, which is what there is. */
export const refuseCollation = (spec: Doc) => {
  const collation = spec.collation
  if (isDoc(collation) && Object.keys(collation).length > 0 && collation.locale !== 'simple') refuse('collation', 2)
}

/** Expressions of a command, with the variables of its `let`. */
export const expressionsOf = (command: Doc): ExpressionCompiler => {
  const variables = letVariables(command.let)
  return expression => compileExpression(expression, variables)
}

/** Checks an embedded specification: the fields that are known, and no collation. */
export const checkSpec = (what: string, spec: Doc, fields: ReadonlySet<string>) => {
  onlyKnown(what, spec, fields)
  refuseCollation(spec)
}

export const isSet = (spec: Doc, field: string) => isTrue(spec[field])
