import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { decode, encode } from '../bson/codec.ts'
import { type Collection, collectionOf, type StoredCollection } from './collection.ts'
import { type Change, type Oplog, openOplog } from './oplog.ts'

type Job = { work(): unknown; waits: boolean; resolve(value: unknown): void; reject(error: unknown): void }
/** A write that has to wait for another; it is run again when that has ended. */
export class Postponed extends Error {
  readonly until: Promise<void>

  constructor(until: Promise<void>) {
    super('postponed')
    this.until = until
  }
}

type Outcome = { job: Job; value?: unknown; error?: unknown; failed: boolean }

export type Guard = { before(change: Change): void; committed(changes: readonly Change[]): void }

export type Store = {
  collections: Map<string, Collection>
  /** The last row number that a collection gave out, by its number: none is given twice while a cursor may hold it. */
  lastRows: Map<number, number>
  oplog: Oplog
  /** Tells of a change that the write makes, for change streams. */
  changed(change: Change): void
  /**
   * A prepared statement, made once for each text. It must be run to its end before it is used again. A bare `LIMIT ?` would be planned anew
   * whenever it is bound: SQLite looks at such a value. It does not at `LIMIT 0 + ?`.
   */
  sql(text: string): StatementSync
  run(text: string, ...values: SQLInputValue[]): number
  /** Asked before each change: it throws where the change may not be made, and is told of all changes that were committed. */
  guard: Guard
  /**
   * Runs a command whose writes are undone at its end, alone: nobody reads what it wrote. Gives what it changed besides. It may only wait for
   * what happens in the same turn of the event loop.
   */
  attempt<T>(prepare: () => void, work: () => Promise<T> | T): Promise<{ value: T; changes: Change[] }>
  /** Whether a command runs in `attempt`. */
  attempting(): boolean
  /**
   * Queues a write: all those of one turn of the event loop share a transaction and are answered after its commit.
   * @param waits whether it is answered only once it is on disk; one that does not wait is there with the next that does
   */
  write<T>(work: () => T, waits?: boolean): Promise<T>
  /** Stores a collection's description; the tables are the caller's business. */
  saveCollection(collection: Collection): void
  removeCollection(collection: Collection): void
  /** Writes the log back into the database file if there is something in it and nobody has written for a while. */
  rest(): void
  close(): void
}

const QUIET_MS = 250

const schema = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  PRAGMA cache_size = -65536;
  PRAGMA wal_autocheckpoint = 4000;
  CREATE TABLE IF NOT EXISTS catalog (id INTEGER PRIMARY KEY AUTOINCREMENT, ns TEXT NOT NULL UNIQUE, meta BLOB NOT NULL);
  CREATE TABLE IF NOT EXISTS sessions (id BLOB PRIMARY KEY, txn INTEGER NOT NULL, reply BLOB NOT NULL, at INTEGER NOT NULL) WITHOUT ROWID;
`

/** Opens the data directory; one process at a time may hold it. */
export const openStore = (dataDir: string): Store => {
  mkdirSync(dataDir, { recursive: true })
  const db = new DatabaseSync(join(dataDir, 'mongodb.sqlite'))
  try {
    // Two servers on one directory would each trust their own picture of it, so the first keeps the file to itself.
    db.exec('PRAGMA locking_mode = EXCLUSIVE')
    db.exec(schema)
    db.exec('BEGIN IMMEDIATE; COMMIT')
  } catch (cause) {
    db.close()
    throw new Error(`MONGODB_DATA: cannot open ${dataDir}; is another server using it?`, { cause })
  }

  const collections = new Map<string, Collection>()
  const statements = new Map<string, StatementSync>()
  const [begin, commit] = [db.prepare('BEGIN IMMEDIATE'), db.prepare('COMMIT')]
  let queue: Job[] = []
  let catalogChanges = 0
  let lastCommit: number | undefined
  let changes: Change[] = []
  let trial = false
  const guard: Guard = { before: () => undefined, committed: () => undefined }

  const sql = (text: string) => {
    let statement = statements.get(text)
    if (!statement) {
      statement = db.prepare(text)
      statements.set(text, statement)
    }
    return statement
  }
  const run = (text: string, ...values: SQLInputValue[]) => Number(sql(text).run(...values).lastInsertRowid)

  const load = () => {
    collections.clear()
    for (const row of sql('SELECT id, ns, meta FROM catalog ORDER BY id').all()) {
      const collection = collectionOf(Number(row.id), String(row.ns), decode(row.meta as Uint8Array) as StoredCollection)
      collections.set(collection.ns, collection)
    }
  }

  const oplog = openOplog({ sql, run })

  const attempt = (job: Job): Outcome => {
    const before = catalogChanges
    const told = changes.length
    run('SAVEPOINT command')
    try {
      const value = job.work()
      run('RELEASE command')
      return { job, value, failed: false }
    } catch (error) {
      run('ROLLBACK TO command')
      run('RELEASE command')
      changes.length = told
      if (catalogChanges !== before) load()
      return { job, error, failed: true }
    }
  }

  const enqueue = (job: Job) => {
    if (queue.length === 0) setImmediate(flush)
    queue.push(job)
  }

  const flush = () => {
    const jobs = queue
    queue = []
    if (jobs.length === 0) return
    const before = catalogChanges
    let outcomes: Outcome[]
    const waits = jobs.some(job => job.waits)
    try {
      // The log of a commit that nobody waits for is written out with the next one.
      if (!waits) db.exec('PRAGMA synchronous = NORMAL')
      begin.run()
      // A command alone needs no savepoint: what undoes it undoes the transaction.
      outcomes = jobs.length === 1 ? jobs.map(job => ({ job, value: job.work(), failed: false })) : jobs.map(attempt)
      oplog.append(changes)
      commit.run()
      lastCommit = performance.now()
      oplog.committed()
      guard.committed(changes)
    } catch (error) {
      oplog.discard()
      if (db.isTransaction) run('ROLLBACK')
      if (catalogChanges !== before) load()
      outcomes = jobs.map(job => ({ job, error, failed: true }))
    }
    if (!waits) db.exec('PRAGMA synchronous = FULL')
    changes = []
    for (const { job, value, error, failed } of outcomes) {
      if (!failed) job.resolve(value)
      else if (error instanceof Postponed) error.until.then(() => enqueue(job), job.reject)
      else job.reject(error)
    }
  }

  const undone = async <T>(prepare: () => void, work: () => Promise<T> | T) => {
    const before = catalogChanges
    begin.run()
    trial = true
    try {
      prepare()
      changes = []
      const value = await work()
      return { value, changes }
    } finally {
      trial = false
      changes = []
      run('ROLLBACK')
      if (catalogChanges !== before) load()
    }
  }

  load()
  return {
    collections,
    lastRows: new Map(),
    oplog,
    changed: change => {
      guard.before(change)
      changes.push(change)
    },
    guard,
    attempting: () => trial,
    // In a turn of its own, so that nothing else waits in the same turn to read what is not to be seen.
    attempt: (prepare, work) =>
      new Promise((resolve, reject) => {
        setImmediate(() => {
          undone(prepare, work).then(resolve, reject)
        })
      }),
    sql,
    run,
    write: (work, waits = true) =>
      new Promise((resolve, reject) => {
        if (trial) resolve(work())
        else enqueue({ work, waits, resolve: resolve as (value: unknown) => void, reject })
      }),
    saveCollection: collection => {
      catalogChanges++
      const { options, indexes } = collection
      const meta = encode({
        options,
        nextIndex: collection.nextIndex,
        indexes: indexes.map(({ id, spec, multikey }) => ({ id, spec, multikey })),
      })
      if (collection.id === 0) collection.id = run('INSERT INTO catalog (ns, meta) VALUES (?, ?)', collection.ns, meta)
      else run('UPDATE catalog SET meta = ? WHERE id = ?', meta, collection.id)
      collections.set(collection.ns, collection)
    },
    removeCollection: collection => {
      catalogChanges++
      collection.dropped = true
      run('DELETE FROM catalog WHERE id = ?', collection.id)
      collections.delete(collection.ns)
      for (const text of statements.keys())
        if (text.includes(`c_${collection.id} `) || text.includes(`i_${collection.id}_`)) statements.delete(text)
    },
    rest: () => {
      if (lastCommit === undefined || performance.now() - lastCommit < QUIET_MS) return
      sql('PRAGMA wal_checkpoint(PASSIVE)').get()
      lastCommit = undefined
    },
    close: () => {
      flush()
      oplog.close()
      db.close()
    },
  }
}
