import { CommandError } from '../errors.ts'
import type { Collection, Index } from './collection.ts'
import { buffer, type Row } from './rows.ts'
import type { Store } from './store.ts'

/** Keys from `from` up to but without `to`. */
export type Span = { from: Buffer; to: Buffer }
export type Access = { index: Index; spans: Span[]; reverse: boolean }
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

/** Reads in pages, each to its end, so that no statement stays open while others write. */
function* pages(collection: Collection, index: Index | undefined, read: Read): Generator<Row> {
  let last: Page[number] | undefined
  for (let size = 4; ; ) {
    const gone = collection.dropped || (index && index.id !== 0 && !collection.indexes.some(({ id }) => id === index.id))
    if (gone) throw new CommandError(175, `collection or index dropped: ${collection.ns}`)
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

const isPoint = ({ from, to }: Span) => to.length === from.length + 1 && to[from.length] === 0xff && to.subarray(0, -1).equals(from)

function* span(store: Store, collection: Collection, { index, reverse }: Access, range: Span): Generator<Row> {
  const table = `c_${collection.id} `
  if (index.id === 0 && isPoint(range)) {
    const found = store.sql(`SELECT rid, doc FROM ${table}WHERE id_key = ?`).get(range.from)
    if (found) yield { rid: Number(found.rid), bytes: buffer(found.doc) }
    return
  }
  const [source, key] =
    index.id === 0 ? [`${table}c`, 'c.id_key'] : [`i_${collection.id}_${index.id} i CROSS JOIN ${table}c ON c.rid = i.rid`, 'i.key']
  const rid = index.id === 0 ? 'c.rid' : 'i.rid'
  const where = reverse
    ? `${key} >= ? AND (${key}, ${rid}) < (?, ?) ORDER BY ${key} DESC, ${rid} DESC`
    : `${key} < ? AND (${key}, ${rid}) > (?, ?) ORDER BY ${key}, ${rid}`
  const statement = store.sql(`SELECT ${rid} AS rid, ${key} AS key, c.doc AS doc FROM ${source} WHERE ${where} LIMIT ?`)
  const [end, start] = reverse ? [range.from, range.to] : [range.to, range.from]
  yield* pages(collection, index, (size, last) => statement.all(end, last?.key ?? start, last?.rid ?? -1, size))
}

function* everything(store: Store, collection: Collection, plan: Plan): Generator<Row> {
  const statement = store.sql(
    `SELECT rid, doc FROM c_${collection.id} WHERE rid ${plan.reverse ? '<' : '>'} ? ORDER BY rid ${plan.reverse ? 'DESC' : 'ASC'} LIMIT ?`,
  )
  let seen = 0
  try {
    for (const row of pages(collection, undefined, (size, last) =>
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

/** The candidates of a plan, each once. They may be more than the query asks for. */
export function* candidates(store: Store, collection: Collection, plan: Plan): Generator<Row> {
  if (plan.accesses.length === 0) return yield* everything(store, collection, plan)
  const repeats = plan.accesses.length > 1 || plan.accesses.some(({ index }) => index.multikey)
  const seen = new Set<number>()
  for (const access of plan.accesses) {
    for (const range of access.reverse ? [...access.spans].reverse() : access.spans) {
      for (const row of span(store, collection, access, range)) {
        if (repeats && seen.has(row.rid)) continue
        if (repeats) seen.add(row.rid)
        yield row
      }
    }
  }
}
