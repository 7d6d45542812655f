import { encode } from '../bson/codec.ts'
import { asNumber } from '../bson/number.ts'
import { asDoc, type Doc, isDoc, isTrue, number } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { compileFilter } from '../query/matcher.ts'
import { type Collection, indexOf, violationOf } from '../storage/collection.ts'
import type { Store } from '../storage/store.ts'
import { type Command, collectionIn, countIn, docIn, ensureCollection, expressionsOf, isSet, namespace } from './context.ts'
import { openCursor } from './cursors.ts'

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const VALIDATION = ['validator', 'validationLevel', 'validationAction']
const REFUSED = [
  'capped',
  'timeseries',
  'viewOn',
  'pipeline',
  'clusteredIndex',
  'encryptedFields',
  'changeStreamPreAndPostImages',
  'storageEngine',
  'indexOptionDefaults',
  'expireAfterSeconds',
  'size',
  'max',
]

const validation = (command: Doc): Doc => {
  const options = Object.fromEntries(VALIDATION.filter(name => command[name] !== undefined).map(name => [name, command[name]]))
  if (options.validator !== undefined && !isDoc(options.validator))
    bad(14, "BSON field 'validator' is the wrong type, expected type 'object'")
  if (!['off', 'moderate', 'strict', undefined].includes(options.validationLevel as string))
    bad(2, `Enumeration value '${String(options.validationLevel)}' for field 'validationLevel' is not a valid value.`)
  if (!['error', 'warn', undefined].includes(options.validationAction as string))
    bad(2, `Enumeration value '${String(options.validationAction)}' for field 'validationAction' is not a valid value.`)
  violationOf(options)
  return options
}

export const create: Command = {
  fields: [...VALIDATION, ...REFUSED, 'collation', 'autoIndexId', 'idIndex'],
  run: context => {
    const { store, command } = context
    const ns = namespace(context)
    for (const option of REFUSED) if (command[option] !== undefined && command[option] !== false) refuse(`create option ${option}`, 72)
    const options = validation(command)
    return store.write(() => {
      const there = collectionIn(store, ns)
      if (there && !encode(there.options).equals(encode(options))) bad(48, `Collection ${ns} already exists.`)
      ensureCollection(store, ns, options)
      return { doc: {} }
    })
  },
}

const changeIndex = (collection: Collection, change: Doc) => {
  const at = collection.indexes.findIndex(({ name, spec }) =>
    change.name === undefined ? encode(asDoc(spec.key)).equals(encode(asDoc(change.keyPattern))) : name === change.name,
  )
  const index = collection.indexes[at]
  if (!index) return bad(27, 'cannot find index for collMod')
  for (const field in change) if (!['name', 'keyPattern', 'expireAfterSeconds'].includes(field)) refuse(`collMod index option ${field}`, 72)
  if (!Number.isInteger(asNumber(change.expireAfterSeconds))) bad(72, 'collMod needs expireAfterSeconds')
  collection.indexes[at] = indexOf(index.id, { ...index.spec, expireAfterSeconds: change.expireAfterSeconds }, index.multikey)
}

export const collMod: Command = {
  fields: [...VALIDATION, 'index'],
  refused: ['changeStreamPreAndPostImages', 'viewOn', 'pipeline', 'expireAfterSeconds', 'timeseries', 'cappedSize', 'cappedMax'],
  run: context => {
    const { store, command } = context
    const ns = namespace(context)
    const options = validation(command)
    return store.write(() => {
      const collection = collectionIn(store, ns) ?? bad(26, `ns does not exist: ${ns}`)
      store.saveCollection(collection)
      collection.options = { ...collection.options, ...options }
      collection.violation = violationOf(collection.options)
      if (command.index !== undefined) changeIndex(collection, docIn(command, 'index'))
      store.saveCollection(collection)
      return { doc: {} }
    })
  },
}

const dropCollection = (store: Store, collection: Collection) => {
  store.removeCollection(collection)
  for (const { id } of collection.indexes) store.run(`DROP TABLE i_${collection.id}_${id}`)
  store.run(`DROP TABLE c_${collection.id}`)
  store.changed({ ns: collection.ns, op: 'drop' })
}

export const drop: Command = {
  fields: [],
  run: context => {
    const ns = namespace(context)
    return context.store.write(() => {
      const collection = collectionIn(context.store, ns)
      // Dropping what is not there succeeds, as on a server of version 7 and later.
      if (!collection) return { doc: {} }
      dropCollection(context.store, collection)
      return { doc: { nIndexesWas: number(collection.indexes.length + 1), ns } }
    })
  },
}

export const dropDatabase: Command = {
  fields: [],
  run: ({ store, db }) =>
    store.write(() => {
      const found = [...store.collections.values()].filter(collection => collection.db === db)
      for (const collection of found) dropCollection(store, collection)
      if (found.length > 0) store.changed({ ns: db, op: 'dropDatabase' })
      return { doc: found.length > 0 ? { dropped: db } : {} }
    }),
}

export const listCollections: Command = {
  fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run: context => {
    const { store, cursors, command, db } = context
    const matches = compileFilter(docIn(command, 'filter'), expressionsOf(command))
    const found = [...store.collections.values()]
      .filter(collection => collection.db === db)
      .map(({ name, options, idIndex }) => ({ name, type: 'collection', options, info: { readOnly: false }, idIndex: idIndex.spec }))
      .filter(matches)
      .map(info => encode(isSet(command, 'nameOnly') ? { name: info.name, type: info.type } : info))
    const batchSize = countIn(docIn(command, 'cursor'), 'batchSize')
    return openCursor(cursors, { ns: `${db}.$cmd.listCollections`, source: found.values(), batchSize })
  },
}

const sizeOf = (store: Store, collections: readonly Collection[]) =>
  collections.reduce(
    (sum, { id }) => sum + Number(store.sql(`SELECT coalesce(sum(length(doc)), 0) AS size FROM c_${id} `).get()?.size ?? 0),
    0,
  )

export const listDatabases: Command = {
  fields: ['filter', 'nameOnly', 'authorizedDatabases'],
  run: context => {
    const { store, command } = context
    const matches = compileFilter(docIn(command, 'filter'), expressionsOf(command))
    const nameOnly = isTrue(command.nameOnly)
    const groups = Map.groupBy(store.collections.values(), ({ db }) => db)
    const databases = [...groups]
      .map(([name, collections]) => (nameOnly ? { name } : { name, sizeOnDisk: number(sizeOf(store, collections)), empty: false }))
      .filter(matches)
    const totalSize = databases.reduce((sum, database) => sum + Number(asDoc(database).sizeOnDisk ?? 0), 0)
    return { doc: { databases, ...(nameOnly ? {} : { totalSize: number(totalSize) }) } }
  },
}
