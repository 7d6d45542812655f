import { CommandError } from '../errors.ts'
import type { Collection, Index } from './collection.ts'
import { buffer, keysOf, type Row, tableOf } from './rows.ts'
import type { Store } from './store.ts'

/** Keys from `from` up to but without `to`. */
export type Span = { from: Buffer; to: Buffer }
export type Access = {
  index: Index
  spans: Span[]
  reverse: boolean
  /** Whether each span is one whole key. */
  exact: boolean
}
export type Plan = {
  /** Empty for a walk through the whole collection in the order of insertion. */
  accesses: Access[]
  /** Whether the rows come in the order that was asked for. */
  sorted: boolean
  reverse: boolean
  /** The query's fields and operators without its values, for the log. */
  shape(): string
}

const LOGGED = 1000
const PAGE_BYTES = 2 * 1024 * 1024

type Page = { rid: number; key: Buffer | undefined; bytes: Buffer }[]

type Read = (size: number, last: Page[number] | undefined) => Record<string, unknown>[]

/** A read that was interrupted ends when what it reads from is dropped. */
const refuseGone = (collection: Collection, index: Index | undefined) => {
  const gone = collection.dropped || (index && index.id !== 0 && !collection.indexes.some(({ id }) => id === index.id))
  if (gone) throw new CommandError(175, `collection or index dropped: ${collection.ns}`)
}

/** Reads in pages, each to its end, so that no statement stays open while others write. */
function* pages(collection: Collection, index: Index | undefined, wanted: number, read: Read): Generator<Row> {
  let last: Page[number] | undefined
  for (let size = Math.min(wanted || 4, 256); ; ) {
    refuseGone(collection, index)
    const page: Page = read(size, last).map(({ rid, key, doc }) => ({
      rid: Number(rid),
      key: key === undefined ? undefined : buffer(key),
      bytes: buffer(doc),
    }))
    yield* page
    if (page.length < size) return
    last = page.at(-1)
    const average = page.reduce((sum, { bytes }) => sum + bytes.length, 0) / page.length
    size = Math.max(4, Math.min(256, size * 8, Math.floor(PAGE_BYTES / average)))
  }
}

/** The row of a whole key that only one document can have. */
const only = (store: Store, collection: Collection, index: Index, key: Buffer): Row[] => {
  refuseGone(collection, index)
  const found = index.id === 0 ? tableOf(store, collection).byId.get(key) : keysOf(store, collection, index).only.get(key)
  return found ? [{ rid: Number(found.rid), bytes: buffer(found.doc) }] : []
}

const span = (store: Store, collection: Collection, { index, reverse, exact }: Access, range: Span, wanted: number): Iterable<Row> => {
  if (exact && index.unique) return only(store, collection, index, range.from)
  if (exact && !reverse) {
    const { equal } = keysOf(store, collection, index)
    return pages(collection, index, wanted, (size, last) => equal.all(range.from, last?.rid ?? -1, size))
  }
  const table = `c_${collection.id} `
  const [source, key] =
    index.id === 0 ? [`${table}c`, 'c.id_key'] : [`i_${collection.id}_${index.id} i CROSS JOIN ${table}c ON c.rid = i.rid`, 'i.key']
  const rid = index.id === 0 ? 'c.rid' : 'i.rid'
  const where = reverse
    ? `${key} >= ? AND (${key}, ${rid}) < (?, ?) ORDER BY ${key} DESC, ${rid} DESC`
    : `${key} < ? AND (${key}, ${rid}) > (?, ?) ORDER BY ${key}, ${rid}`
  const statement = store.sql(`SELECT ${rid} AS rid, ${key} AS key, c.doc AS doc FROM ${source} WHERE ${where} LIMIT 0 + ?`)
  const [end, start] = reverse ? [range.from, range.to] : [range.to, range.from]
  return pages(collection, index, wanted, (size, last) => statement.all(end, last?.key ?? start, last?.rid ?? -1, size))
}

function* everything(store: Store, collection: Collection, plan: Plan, wanted: number): Generator<Row> {
  const statement = store.sql(
    `SELECT rid, doc FROM c_${collection.id} WHERE rid ${plan.reverse ? '<' : '>'} ? ORDER BY rid ${plan.reverse ? 'DESC' : 'ASC'} LIMIT 0 + ?`,
  )
  let seen = 0
  try {
    for (const row of pages(collection, undefined, wanted, (size, last) =>
      statement.all(last?.rid ?? (plan.reverse ? Number.MAX_SAFE_INTEGER : 0), size),
    )) {
      seen++
      yield row
    }
  } finally {
    if (seen > LOGGED)
      console.error(
        JSON.stringify({ severity: 'WARNING', message: 'collection scan', ns: collection.ns, documents: seen, shape: plan.shape() }),
      )
  }
}

function* walk(store: Store, collection: Collection, plan: Plan, wanted: number): Generator<Row> {
  const repeats = plan.accesses.length > 1 || plan.accesses.some(({ index }) => index.multikey)
  const seen = new Set<number>()
  for (const access of plan.accesses) {
    for (const range of access.reverse ? [...access.spans].reverse() : access.spans) {
      for (const row of span(store, collection, access, range, wanted)) {
        if (repeats && seen.has(row.rid)) continue
        if (repeats) seen.add(row.rid)
        yield row
      }
    }
  }
}

/** The candidates of a plan, each once. They may be more than the query asks for, of which `wanted` are likely to be read; zero for all. */
export const candidates = (store: Store, collection: Collection, plan: Plan, wanted: number): Iterable<Row> => {
  const [first, ...more] = plan.accesses
  if (!first) return everything(store, collection, plan, wanted)
  const [range, ...others] = first.spans
  const single = first.exact && first.index.unique && range && others.length === 0 && more.length === 0
  return single ? only(store, collection, first.index, range.from) : walk(store, collection, plan, wanted)
}
