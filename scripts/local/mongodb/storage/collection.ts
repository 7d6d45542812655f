import { compileExpression } from '../aggregate/expressions.ts'
import type { Fields } from '../bson/fields.ts'
import { compoundKey } from '../bson/key.ts'
import { asInteger, asNumber } from '../bson/number.ts'
import { asDoc, type Doc, isArray, isDoc, isNumber, isTrue } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileSchema } from '../query/json-schema.ts'
import { compileFilter, fieldsIn, type Matcher } from '../query/matcher.ts'
import { keyValues, someAt, valueAt } from '../query/path.ts'

export type Index = {
  id: number
  name: string
  /** As it was asked for and is listed: key, name and options. */
  spec: Doc
  fields: string[]
  paths: string[][]
  directions: number[]
  unique: boolean
  sparse: boolean
  filter: Doc | undefined
  covers: Matcher
  /** The top-level fields on which a document's keys depend. */
  heads: Fields
  expireAfterSeconds: number | undefined
  /** Whether any document has ever had more than one key here; then bounds of fields may not be combined. */
  multikey: boolean
}

export type Collection = {
  id: number
  ns: string
  db: string
  name: string
  options: Doc
  nextIndex: number
  indexes: Index[]
  idIndex: Index
  /** Says what about a document breaks the collection's validator. */
  violation: ((doc: Doc) => Doc | undefined) | undefined
  dropped: boolean
}

export type StoredCollection = { options: Doc; nextIndex: unknown; indexes: { id: unknown; spec: Doc; multikey: boolean }[] }

const plain = (expression: unknown) => compileExpression(expression, {})

/** An index from its specification. */
export const indexOf = (id: number, spec: Doc, multikey = false): Index => {
  const key = asDoc(spec.key)
  const fields = Object.keys(key)
  const filter = isDoc(spec.partialFilterExpression) ? spec.partialFilterExpression : undefined
  return {
    id,
    name: String(spec.name),
    spec,
    fields,
    paths: fields.map(field => field.split('.')),
    directions: fields.map(field => (asNumber(key[field]) < 0 ? -1 : 1)),
    unique: isTrue(spec.unique),
    sparse: isTrue(spec.sparse),
    filter,
    heads: fieldsIn({ ...key, $and: [filter ?? {}] }),
    covers: filter ? compileFilter(filter, plain) : () => true,
    expireAfterSeconds: isNumber(spec.expireAfterSeconds) ? asNumber(spec.expireAfterSeconds) : undefined,
    multikey,
  }
}

/** The validator of a collection's options as a function. */
export const violationOf = (options: Doc): Collection['violation'] => {
  const validator = asDoc(options.validator)
  if (Object.keys(validator).length === 0) return undefined
  const { $jsonSchema, ...filter } = validator
  const schema = $jsonSchema === undefined ? undefined : compileSchema(asDoc($jsonSchema))
  const matches = compileFilter(filter, plain)
  return doc => {
    const reason = schema?.(doc)
    if (reason !== undefined) return { operatorName: '$jsonSchema', reason }
    return matches(doc)
      ? undefined
      : { operatorName: Object.keys(filter)[0] ?? '$and', reason: 'the document does not match the validator' }
  }
}

/** A collection from its stored description. */
export const collectionOf = (id: number, ns: string, stored: StoredCollection): Collection => {
  const [db = ''] = ns.split('.', 1)
  return {
    id,
    ns,
    db,
    name: ns.slice(db.length + 1),
    options: stored.options,
    nextIndex: asInteger(stored.nextIndex) ?? 1,
    indexes: stored.indexes.map(index => indexOf(asInteger(index.id) ?? 0, index.spec, index.multikey)),
    idIndex: { ...indexOf(0, { v: 2, key: { _id: 1 }, name: '_id_' }), unique: true },
    violation: violationOf(stored.options),
    dropped: false,
  }
}

export type Entry = { key: Buffer; values: unknown[] }

/** The keys of a document in an index; none when the index leaves it out. */
export const entriesOf = (index: Index, doc: Doc): Entry[] => {
  if (index.filter && !index.covers(doc)) return []
  if (index.sparse && !index.paths.some(parts => someAt(doc, parts, value => value !== undefined, false))) return []
  const combinations = valuesOf(index, doc)
  if (combinations.length === 1) return combinations.map(values => ({ key: compoundKey(values, index.directions), values }))
  const unique = new Map<string, Entry>()
  for (const values of combinations) {
    const key = compoundKey(values, index.directions)
    unique.set(key.toString('latin1'), { key, values })
  }
  return [...unique.values()]
}

const valuesOf = (index: Index, doc: Doc): unknown[][] => {
  const found = index.paths.map(parts => keyValues(doc, parts))
  const arrays = index.paths.filter((_, i) => found[i]?.array)
  if (arrays.length <= 1) {
    const [many] = found.filter(({ array, values }) => array || values.length > 1)
    if (!many) return [found.map(({ values }) => values[0])]
    return many.values.map(value => found.map(one => (one === many ? value : one.values[0])))
  }
  const shared = sharedArray(doc, arrays)
  const elements = shared && valueAt(doc, shared)
  if (!shared || !isArray(elements)) {
    throw new CommandError(171, `cannot index parallel arrays [${arrays[1]?.at(-1)}] [${arrays[0]?.at(-1)}]`)
  }
  return (elements.length > 0 ? elements : [undefined]).flatMap(element => valuesOf(index, withValue(doc, shared, element)))
}

/** The array that all the paths go through, if there is one. */
const sharedArray = (doc: Doc, paths: string[][]): string[] | undefined => {
  const [first = []] = paths
  for (let length = 1; length <= first.length; length++) {
    const prefix = first.slice(0, length)
    if (!paths.every(parts => prefix.every((part, i) => parts[i] === part))) return undefined
    if (isArray(valueAt(doc, prefix))) return prefix
  }
  return undefined
}

const withValue = (doc: Doc, [head = '', ...rest]: string[], value: unknown): Doc => ({
  ...doc,
  [head]: rest.length === 0 ? value : withValue(asDoc(doc[head]), rest, value),
})
