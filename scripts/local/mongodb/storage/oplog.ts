import type { SQLInputValue, StatementSync } from 'node:sqlite'
import { clusterTime, continueAfter } from '../bson/cluster-time.ts'
import { decode, encode } from '../bson/codec.ts'
import { decodeFields } from '../bson/fields.ts'
import type { Doc } from '../bson/types.ts'
import { describeChange } from '../update/description.ts'

type Op = 'insert' | 'update' | 'replace' | 'delete' | 'drop' | 'dropDatabase'
export type Change = {
  /** The collection, or the database that was dropped. */
  ns: string
  op: Op
  /** The row of a change of one document. */
  rid?: number
  before?: Buffer
  after?: Buffer
  /** What an update's operators changed; 'any' where it was a pipeline. */
  paths?: readonly (readonly string[])[] | 'any' | undefined
}
/** A change as it is kept. `doc` holds the document of an insert or replacement, and `_id` and description of the others. */
export type Entry = { time: bigint; wall: Date; ns: string; op: Op; doc: Doc | undefined }

type Kept = { time: bigint; wall: number; change: Change }

export type Oplog = {
  /** Writes what is watched of a transaction's changes, into that transaction. */
  append(changes: readonly Change[]): void
  committed(): void
  discard(): void
  /** Keeps the changes of a scope from now on (to be called inside a write), and those before of which `from` is the first if they are still known. Gives the first time from which all are there. */
  watch(scope: string, from?: bigint): bigint
  /** The first time from which all changes of a scope are kept. */
  since(scope: string): bigint
  /** The entries of a scope behind a time; `whole` when there are no others. */
  read(scope: string, after: bigint, limit: number): { entries: Entry[]; whole: boolean }
  at(time: bigint): Entry | undefined
  /** Waits for the next entry, for an end, or until the time is over. */
  wait(ms: number): Promise<void>
  /** Ends all waiting, as a cursor that is killed needs. */
  wake(): void
  /** Forgets what is old or too much; to be called inside a write. */
  trim(now: number): void
  isTooLong(now: number): boolean
  /** Forgets what was remembered of collections that nobody watches. */
  forgetOld(now: number): void
  close(): void
  closed(): boolean
}

const KEPT_MS = 3 * 24 * 60 * 60 * 1000
const KEPT_ENTRIES = 200_000
const KEPT_BYTES = 128 * 1024 * 1024
const RECENT_MS = 60_000
const RECENT_ENTRIES = 1_000
const RECENT_BYTES = 2 * 1024 * 1024
const OFFSET = 1n << 63n

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS oplog (time INTEGER PRIMARY KEY, wall INTEGER NOT NULL, ns TEXT NOT NULL, op TEXT NOT NULL, doc BLOB)',
  'CREATE TABLE IF NOT EXISTS watched (scope TEXT PRIMARY KEY, since INTEGER NOT NULL, used INTEGER NOT NULL)',
]
const ADD = 'INSERT INTO oplog (time, wall, ns, op, doc) VALUES (?, ?, ?, ?, ?)'
const READ = 'SELECT time, wall, ns, op, doc FROM oplog WHERE time > ? ORDER BY time LIMIT 0 + ?'
const READ_ONE = 'SELECT time, wall, ns, op, doc FROM oplog WHERE time > ? AND ns = ? ORDER BY time LIMIT 0 + ?'
const AT = 'SELECT time, wall, ns, op, doc FROM oplog WHERE time = ?'
const OLDEST = 'SELECT time, wall, length(doc) AS size FROM oplog ORDER BY time LIMIT 0 + ?'

const dbOf = (ns: string) => ns.split('.', 1)[0] ?? ''
/** Whether a change concerns a scope: a collection, a database, or everything, which is the empty name. */
export const isIn = (scope: string, ns: string) => scope === '' || scope === ns || scope === dbOf(ns)

const stored = (time: bigint) => time - OFFSET
const shown = (value: unknown) => BigInt(value as bigint) + OFFSET

const isAscii = (name: string) => Buffer.byteLength(name) === name.length

const contentOf = ({ op, before, after, paths }: Change): Buffer | null => {
  if (op === 'insert' || op === 'replace') return after ?? null
  if (op === 'delete' && before) return encode({ _id: decode(before)._id })
  if (op !== 'update' || !before || !after) return null
  // Only what the operators went to can differ, so no more of the two documents is read.
  const heads = paths === 'any' ? undefined : new Set(['_id', ...(paths ?? []).map(([head = '']) => head)])
  const fields = heads && [...heads].every(isAscii) ? heads : undefined
  const [old, now] = [decodeFields(before, fields), decodeFields(after, fields)]
  return encode({ _id: now._id, description: describeChange(old, now, paths === 'any' ? undefined : paths) })
}

const entryOf = (row: Record<string, unknown>): Entry => ({
  time: shown(row.time),
  wall: new Date(Number(row.wall)),
  ns: String(row.ns),
  op: String(row.op) as Op,
  doc: row.doc === null ? undefined : decode(row.doc as Uint8Array),
})

type Database = { sql(text: string): StatementSync; run(text: string, ...values: SQLInputValue[]): number }

/**
 * The changes that change streams read. Only those of collections and databases that somebody has ever watched are written down, for a stream
 * can only be resumed from a token, which somebody who watched was given; `since` says from when on all are there, and a stream that asks for
 * more has lost its history. Those of other collections are remembered for a while, so that a stream may also begin a little before it was opened.
 */
export const openOplog = ({ sql, run }: Database): Oplog => {
  for (const text of SCHEMA) run(text)
  const bigints = (text: string) => {
    const statement = sql(text)
    statement.setReadBigInts(true)
    return statement
  }
  const watched = new Map<string, bigint>()
  const load = () => {
    watched.clear()
    for (const row of bigints('SELECT scope, since FROM watched').all()) watched.set(String(row.scope), shown(row.since))
  }
  load()
  const [sums] = bigints('SELECT max(time) AS last, min(wall) AS oldest, count(*) AS entries, total(length(doc)) AS bytes FROM oplog').all()
  if (typeof sums?.last === 'bigint') continueAfter(shown(sums.last))
  for (const since of watched.values()) continueAfter(since)
  let [entries, bytes, oldest] = [Number(sums?.entries ?? 0), Number(sums?.bytes ?? 0), Number(sums?.oldest ?? Number.POSITIVE_INFINITY)]

  let recent: Kept[] = []
  let recentBytes = 0
  let recentSince = clusterTime()
  let [staged, written]: [Kept[], number] = [[], 0]
  const waiting = new Set<() => void>()
  let closed = false

  const isWatched = (ns: string) => watched.size > 0 && (watched.has(ns) || watched.has(dbOf(ns)) || watched.has(''))

  const write = ({ time, wall, change }: Kept) => {
    const content = contentOf(change)
    run(ADD, stored(time), wall, change.ns, change.op, content)
    entries++
    bytes += content?.length ?? 0
    oldest = Math.min(oldest, wall)
  }
  const sizeOf = ({ before, after }: Change) => (before?.length ?? 0) + (after?.length ?? 0)
  const forget = (count: number) => {
    for (const { time, change } of recent.splice(0, count)) {
      recentBytes -= sizeOf(change)
      recentSince = time + 1n
    }
  }
  const wake = () => {
    for (const end of [...waiting]) end()
  }

  return {
    append: changes => {
      if (changes.length === 0) return
      const wall = Date.now()
      for (const change of changes) {
        const kept = { time: clusterTime(), wall, change }
        if (isWatched(change.ns)) {
          write(kept)
          written++
        } else staged.push(kept)
      }
    },
    committed: () => {
      for (const kept of staged) {
        recent.push(kept)
        recentBytes += sizeOf(kept.change)
      }
      if (staged.length > 0) {
        staged = []
        if (recent.length > RECENT_ENTRIES || recentBytes > RECENT_BYTES) forget(Math.ceil(recent.length / 2))
      }
      if (written > 0) wake()
      written = 0
    },
    discard: () => {
      staged = []
      written = 0
      load()
    },
    watch: (scope, from) => {
      const now = clusterTime()
      const since = watched.get(scope)
      if (since !== undefined) {
        run('UPDATE watched SET used = ? WHERE scope = ?', Date.now(), scope)
        return since
      }
      const wider = watched.get('') ?? watched.get(dbOf(scope))
      const known = wider !== undefined && wider < recentSince ? wider : recentSince
      const start = from === undefined ? now : from > known ? from : known
      const held = from === undefined ? [] : recent.filter(({ time, change }) => time >= start && isIn(scope, change.ns))
      for (const kept of held) write(kept)
      recent = recent.filter(kept => !held.includes(kept))
      run('INSERT INTO watched (scope, since, used) VALUES (?, ?, ?)', scope, stored(start), Date.now())
      watched.set(scope, start)
      return start
    },
    since: scope => watched.get(scope) ?? clusterTime(),
    read: (scope, after, limit) => {
      const one = scope.includes('.')
      for (let from = stored(after); ; ) {
        const rows = one ? bigints(READ_ONE).all(from, scope, limit) : bigints(READ).all(from, limit)
        const entries = rows.filter(({ ns }) => isIn(scope, String(ns))).map(entryOf)
        const whole = rows.length < limit
        if (whole || entries.length > 0) return { entries, whole }
        from = rows.at(-1)?.time as bigint
      }
    },
    at: time => {
      const row = bigints(AT).get(stored(time))
      return row && entryOf(row)
    },
    wait: ms =>
      new Promise(resolve => {
        const end = () => {
          clearTimeout(timer)
          waiting.delete(end)
          resolve()
        }
        const timer = setTimeout(end, ms)
        waiting.add(end)
        if (closed) end()
      }),
    wake,
    isTooLong: now => entries > KEPT_ENTRIES || bytes > KEPT_BYTES || oldest < now - KEPT_MS,
    forgetOld: now => {
      const old = recent.findIndex(({ wall }) => wall >= now - RECENT_MS)
      forget(old < 0 ? recent.length : old)
    },
    trim: now => {
      let last: bigint | undefined
      const rows = bigints(OLDEST).all(10_000)
      for (const row of rows) {
        oldest = Number(row.wall)
        if (entries <= KEPT_ENTRIES && bytes <= KEPT_BYTES && oldest >= now - KEPT_MS) break
        entries--
        bytes -= Number(row.size ?? 0)
        last = row.time as bigint
      }
      if (entries === 0) oldest = Number.POSITIVE_INFINITY
      if (last === undefined) return
      run('DELETE FROM oplog WHERE time <= ?', last)
      run('UPDATE watched SET since = max(since, ?)', last + 1n)
      run('DELETE FROM watched WHERE used < ? AND since <= ?', now - KEPT_MS, last + 1n)
      load()
    },
    close: () => {
      closed = true
      wake()
    },
    closed: () => closed,
  }
}
