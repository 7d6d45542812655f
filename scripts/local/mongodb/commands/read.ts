import { encode } from '../bson/codec.ts'
import { decodeFields, type Fields } from '../bson/fields.ts'
import { equal, keyOf } from '../bson/key.ts'
import { type Doc, number } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileFilter, type ExpressionCompiler, fieldsIn, type Matcher } from '../query/matcher.ts'
import { keyValues, position } from '../query/path.ts'
import { plan } from '../query/plan.ts'
import { compileProjection } from '../query/projection.ts'
import { showBytes } from '../query/show-bytes.ts'
import { type Order, parseSort, sortKey } from '../query/sort.ts'
import type { Collection } from '../storage/collection.ts'
import { type Row, rowAt } from '../storage/rows.ts'
import { candidates } from '../storage/scan.ts'
import type { Store } from '../storage/store.ts'
import { type Command, collectionIn, countIn, docIn, expressionsOf, isSet, namespace } from './context.ts'
import { breather, openCursor } from './cursors.ts'

/** `fields` are those that are read of each candidate to decide on it: all, unless the caller needs no others. */
export type Query = { filter: Doc; matches: Matcher; order: Order; hint: unknown; limit: number; fields?: Fields }
export type Match = { row: Row; doc: Doc; matched: number | undefined }

const BREATH = 32

/** A query from the parts of a command. `limit` is how many rows are wanted at most, zero for all. */
export const queryOf = (
  filter: Doc,
  expression: ExpressionCompiler,
  { sort, hint, limit = 0 }: { sort?: Doc; hint?: unknown; limit?: number } = {},
): Query => ({
  filter,
  matches: compileFilter(filter, expression),
  order: parseSort(sort ?? {}),
  hint,
  limit,
})

/** What has to be read of documents that are only looked for, and go out as they are stored. */
export const fieldsLookedAt = ({ filter, sort }: { filter: Doc; sort: Doc }): Fields => fieldsIn({ ...sort, $and: [filter] })

const matchOf = (row: Row, { matches, fields }: Query): Match | undefined => {
  const doc = decodeFields(row.bytes, fields)
  position.index = undefined
  return matches(doc) ? { row, doc, matched: position.index } : undefined
}

/** The documents of a query in its order; undefined between them is a breath. Runs in one go where nobody waits. */
export function* matching(store: Store, collection: Collection, query: Query): Generator<Match | undefined> {
  const chosen = plan(collection, query.filter, query.order, query.hint)
  const rows = candidates(store, collection, chosen, chosen.sorted ? query.limit : 256)
  let examined = 0
  if (chosen.sorted) {
    for (const row of rows) {
      const match = matchOf(row, query)
      if (match || ++examined % BREATH === 0) yield match
    }
    return
  }
  // Only keys are held: a document is read again when its turn comes, and must still match.
  const key = sortKey(query.order)
  let held: { key: Buffer; rid: number }[] = []
  const settle = () => held.sort((a, b) => Buffer.compare(a.key, b.key))
  for (const row of rows) {
    const match = matchOf(row, query)
    if (match) held.push({ key: key(match.doc), rid: row.rid })
    if (query.limit > 0 && held.length > 2 * query.limit + 1000) held = settle().slice(0, query.limit)
    if (++examined % BREATH === 0) yield undefined
  }
  for (const { rid } of settle()) {
    const row = rowAt(store, collection, rid)
    const match = row && matchOf(row, query)
    if (match) yield match
  }
}

function* encoded(
  source: Iterable<Match | undefined>,
  skip: number,
  output: ((match: Match) => Buffer) | undefined,
): Generator<Buffer | undefined> {
  let skipped = 0
  for (const match of source) {
    if (!match) yield undefined
    else if (skipped < skip) skipped++
    else yield output ? output(match) : match.row.bytes
  }
}

export const find: Command = {
  fields: [
    'filter',
    'sort',
    'projection',
    'hint',
    'skip',
    'limit',
    'batchSize',
    'singleBatch',
    'let',
    'collation',
    'allowDiskUse',
    'noCursorTimeout',
    'allowPartialResults',
    // Without a meaning since version 4.4.
    'oplogReplay',
  ],
  refused: ['min', 'max', 'returnKey', 'showRecordId', 'tailable', 'awaitData'],
  run: context => {
    const { command, store, cursors } = context
    const ns = namespace(context)
    const expression = expressionsOf(command)
    const [limit, skip] = [countIn(command, 'limit') ?? 0, countIn(command, 'skip') ?? 0]
    const [filter, sort] = [docIn(command, 'filter'), docIn(command, 'sort')]
    const query = queryOf(filter, expression, { sort, hint: command.hint, limit: limit && limit + skip })
    const projection = docIn(command, 'projection')
    const shown = showBytes(projection)
    const isWhole = Object.keys(projection).length === 0
    const project = shown || isWhole ? undefined : compileProjection(projection, { expression, aggregation: false })
    const collection = collectionIn(store, ns)
    const fields = project ? undefined : fieldsLookedAt({ filter, sort })
    const matches = collection ? matching(store, collection, { ...query, fields }) : []
    const output = project ? ({ doc, matched }: Match) => encode(project(doc, matched)) : shown && (({ row }: Match) => shown(row.bytes))
    const source = encoded(matches, skip, output)
    return openCursor(cursors, { ns, source, limit, single: isSet(command, 'singleBatch'), batchSize: countIn(command, 'batchSize') })
  },
}

/** Runs over the matches of a command's query, letting others have their turn. */
const forEachMatch = async (store: Store, collection: Collection | undefined, query: Query, use: (match: Match) => boolean) => {
  if (!collection) return
  const breathe = breather()
  for (const match of matching(store, collection, query)) {
    if (match && !use(match)) return
    if (breathe.due()) await breathe.out()
  }
}

export const count: Command = {
  fields: ['query', 'limit', 'skip', 'hint', 'collation', 'fields'],
  run: async context => {
    const { command, store } = context
    const collection = collectionIn(store, namespace(context))
    const filter = docIn(command, 'query')
    const [limit, skip] = [Math.abs(Number(command.limit ?? 0)), countIn(command, 'skip') ?? 0]
    let n = 0
    if (collection && Object.keys(filter).length === 0) n = Number(store.sql(`SELECT count(*) AS n FROM c_${collection.id} `).get()?.n ?? 0)
    else {
      await forEachMatch(store, collection, queryOf(filter, expressionsOf(command), { hint: command.hint }), () => {
        n++
        return limit === 0 || n < limit + skip
      })
    }
    n = Math.max(0, n - skip)
    return { doc: { n: number(limit > 0 ? Math.min(n, limit) : n) } }
  },
}

export const distinct: Command = {
  fields: ['key', 'query', 'collation', 'hint'],
  run: async context => {
    const { command, store } = context
    if (typeof command.key !== 'string') throw new CommandError(14, "BSON field 'distinct.key' is the wrong type, expected type 'string'")
    const parts = command.key.split('.')
    const values = new Map<string, unknown>()
    const query = queryOf(docIn(command, 'query'), expressionsOf(command), { hint: command.hint })
    await forEachMatch(store, collectionIn(store, namespace(context)), query, ({ doc }) => {
      for (const value of present(doc, parts)) values.set(keyOf(value).toString('latin1'), value)
      return true
    })
    return { doc: { values: [...values.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value) } }
  },
}

/** The values at a path, without the null that stands for a missing field in an index. */
const present = (doc: Doc, parts: readonly string[]): unknown[] => {
  const { values } = keyValues(doc, parts)
  const explicit =
    values.some(value => equal(value, null)) && compileFilter({ [parts.join('.')]: { $type: 'null' } }, () => () => null)(doc)
  return values.filter(value => value !== undefined && (value !== null || explicit))
}

/** The first match of a query, read in one go: for writes, which nothing may interrupt. */
export const firstMatch = (store: Store, collection: Collection, query: Query): Match | undefined => {
  for (const match of matching(store, collection, query)) if (match) return match
  return undefined
}
