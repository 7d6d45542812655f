import { Int32 } from 'bson'
import { encode } from '../bson/codec.ts'
import { equal, keyOf } from '../bson/key.ts'
import { asNumber } from '../bson/number.ts'
import { asDoc, type Doc, isArray, isDoc, isNumber, isTrue, number, typeOf } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { type Collection, indexOf } from '../storage/collection.ts'
import { buildIndex } from '../storage/rows.ts'
import type { Store } from '../storage/store.ts'
import { type Command, collectionIn, countIn, docIn, ensureCollection, namespace, refuseCollation } from './context.ts'
import { openCursor } from './cursors.ts'
import { listIn } from './write-operations.ts'

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const OPTIONS = new Set([
  'v',
  'key',
  'name',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'background',
  'collation',
  'ns',
])
const REFUSED = [
  'hidden',
  'prepareUnique',
  'wildcardProjection',
  'weights',
  'default_language',
  'language_override',
  'textIndexVersion',
  '2dsphereIndexVersion',
  'bits',
  'min',
  'max',
  'storageEngine',
  'clustered',
]
const PARTIAL = new Set(['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type', '$in'])

const checkKey = (key: Doc) => {
  if (Object.keys(key).length === 0) bad(67, 'Index keys cannot be an empty object')
  for (const [field, direction] of Object.entries(key)) {
    if (typeof direction === 'string') refuse(`${direction} index`, 67)
    if (field === '$**' || field.endsWith('.$**')) refuse('wildcard index', 67)
    if (!isNumber(direction) || asNumber(direction) === 0 || Number.isNaN(asNumber(direction)))
      bad(67, `Values in v:2 index key pattern cannot be of type ${typeOf(direction)} or 0`)
    if (field === '' || field.split('.').some(part => part === '' || (part.startsWith('$') && !['$ref', '$id', '$db'].includes(part))))
      bad(67, `Index key contains an illegal field name: '${field}'`)
  }
}

const checkPartial = (filter: Doc) => {
  for (const [name, value] of Object.entries(filter)) {
    if (name === '$and' && isArray(value)) for (const part of value) checkPartial(asDoc(part))
    else if (name.startsWith('$')) bad(67, `Expression not supported in partial index: ${name}`)
    else if (isDoc(value)) {
      for (const [operator, operand] of Object.entries(value)) {
        const unsupported = operator.startsWith('$') && (!PARTIAL.has(operator) || (operator === '$exists' && !isTrue(operand)))
        if (unsupported) bad(67, `Expression not supported in partial index: ${operator}`)
      }
    }
  }
}

const checkTtl = (key: Doc, seconds: unknown) => {
  if (!isNumber(seconds) || asNumber(seconds) < 0 || asNumber(seconds) > 2147483647)
    bad(67, 'TTL index expireAfterSeconds must be a number of seconds between 0 and 2147483647')
  if (Object.keys(key).length !== 1) bad(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL')
  if ('_id' in key) bad(197, "The field 'expireAfterSeconds' is not valid for an _id index specification")
}

/** Checks the specification of an index and puts it into the form that is listed. */
const parseIndex = (spec: Doc): Doc => {
  const key = asDoc(spec.key)
  checkKey(key)
  for (const option in spec) {
    if (REFUSED.includes(option)) refuse(`index option ${option}`, 67)
    if (!OPTIONS.has(option))
      bad(197, `The field '${option}' is not valid for an index specification. Specification: ${Object.keys(spec).join(', ')}`)
  }
  if (typeof spec.name !== 'string' || spec.name === '') bad(9, "The 'name' field is a required property of an index specification")
  refuseCollation(spec)
  if (spec.partialFilterExpression !== undefined) {
    if (isTrue(spec.sparse)) bad(67, "cannot mix 'partialFilterExpression' and 'sparse' options")
    checkPartial(docIn(spec, 'partialFilterExpression'))
  }
  if (spec.expireAfterSeconds !== undefined) checkTtl(key, spec.expireAfterSeconds)
  return {
    v: new Int32(2),
    key,
    name: spec.name,
    ...(isTrue(spec.unique) ? { unique: true } : {}),
    ...(isTrue(spec.sparse) ? { sparse: true } : {}),
    ...(isDoc(spec.partialFilterExpression) ? { partialFilterExpression: spec.partialFilterExpression } : {}),
    ...(spec.expireAfterSeconds === undefined ? {} : { expireAfterSeconds: spec.expireAfterSeconds }),
  }
}

const sameKey = (a: unknown, b: unknown) => keyOf(a).equals(keyOf(b))

const IDENTITY = ['unique', 'sparse', 'partialFilterExpression'] as const

/** Two indexes of one key are different ones where these options differ, and only then. */
const sameIndex = (a: Doc, b: Doc) => sameKey(a.key, b.key) && IDENTITY.every(option => equal(a[option] ?? null, b[option] ?? null))

/** Whether the index is there already; one that differs under the same name, or is the same under another, is an error. */
const exists = (collection: Collection, spec: Doc): boolean => {
  if (sameKey(spec.key, { _id: 1 })) return true
  for (const { spec: other } of collection.indexes) {
    const same = sameIndex(spec, other)
    if (other.name === spec.name && !same)
      return bad(86, `An existing index has the same name as the requested index, but another key or other options: ${String(spec.name)}`)
    if (!same) continue
    if (other.name !== spec.name) return bad(85, `Index already exists with a different name: ${String(other.name)}`)
    return (
      equal(spec, other) || bad(85, `An equivalent index already exists with the same name but different options: ${String(spec.name)}`)
    )
  }
  return false
}

const addIndex = (store: Store, collection: Collection, spec: Doc) => {
  const index = indexOf(collection.nextIndex++, spec)
  buildIndex(store, collection, index)
  collection.indexes.push(index)
  store.saveCollection(collection)
}

export const createIndexes: Command = {
  fields: ['indexes', 'commitQuorum'],
  run: context => {
    const { store, command } = context
    const ns = namespace(context)
    const specs = listIn(command, 'indexes').map(spec => parseIndex(asDoc(spec)))
    return store.write(() => {
      const createdCollectionAutomatically = !store.collections.has(ns)
      const collection = ensureCollection(store, ns)
      const before = collection.indexes.length + 1
      for (const spec of specs) if (!exists(collection, spec)) addIndex(store, collection, spec)
      const after = collection.indexes.length + 1
      const note = after === before ? { note: 'all indexes already exist' } : {}
      return { doc: { numIndexesBefore: number(before), numIndexesAfter: number(after), createdCollectionAutomatically, ...note } }
    })
  },
}

export const listIndexes: Command = {
  fields: ['cursor'],
  run: context => {
    const { store, cursors, command } = context
    const ns = namespace(context)
    const collection = collectionIn(store, ns)
    if (!collection) return bad(26, `ns does not exist: ${ns}`)
    const source = [collection.idIndex, ...collection.indexes].map(({ spec }) => encode(spec)).values()
    const batchSize = countIn(docIn(command, 'cursor'), 'batchSize')
    return openCursor(cursors, { ns, source, batchSize })
  },
}

const named = (collection: Collection, wanted: unknown) => {
  const all = [collection.idIndex, ...collection.indexes]
  const found = all.find(({ name, spec }) => (isDoc(wanted) ? sameKey(spec.key, wanted) : name === wanted))
  if (!found)
    return bad(
      27,
      isDoc(wanted) ? `can't find index with key: ${Object.keys(wanted).join(', ')}` : `index not found with name [${String(wanted)}]`,
    )
  return found === collection.idIndex ? bad(72, 'cannot drop _id index') : found
}

export const dropIndexes: Command = {
  fields: ['index'],
  run: context => {
    const { store, command } = context
    const ns = namespace(context)
    return store.write(() => {
      const collection = collectionIn(store, ns) ?? bad(26, `ns not found ${ns}`)
      const before = collection.indexes.length + 1
      const gone =
        command.index === '*'
          ? collection.indexes
          : (isArray(command.index) ? command.index : [command.index]).map(wanted => named(collection, wanted))
      collection.indexes = collection.indexes.filter(index => !gone.includes(index))
      store.saveCollection(collection)
      for (const { id } of gone) store.run(`DROP TABLE i_${collection.id}_${id}`)
      return { doc: { nIndexesWas: number(before) } }
    })
  },
}
