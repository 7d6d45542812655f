import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Message } from './messages.ts'
import type { Subscription, Topic } from './wire.ts'

/** One message that one subscription still holds. `attempts` counts the deliveries that failed. */
type StoredDelivery = { subscription: string; message: Message; attempts: number }

type Change = { apply: () => void; done: () => void; failed: (error: Error) => void }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS topics (name TEXT PRIMARY KEY, config TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS subscriptions (name TEXT PRIMARY KEY, config TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY, data BLOB NOT NULL, attributes TEXT NOT NULL, ordering_key TEXT NOT NULL, published_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS deliveries (
    subscription TEXT NOT NULL, message INTEGER NOT NULL, attempts INTEGER NOT NULL, PRIMARY KEY (subscription, message)) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS deliveries_by_message ON deliveries (message);
`
/** Acknowledgements may reach the disk this much later: one that is lost in a crash costs a redelivery, which subscribers expect anyway. */
const LAZY_MS = 20

export type Storage = ReturnType<typeof openStorage>

/**
 * Opens (or makes) the database in `dataDir`. It is read once, by `load`; after that it is only written, one transaction for all changes
 * of a turn of the event loop. synchronous=FULL: an answered publish has reached the disk (0.2 ms a commit on an SSD).
 */
export const openStorage = (dataDir: string) => {
  mkdirSync(dataDir, { recursive: true })
  const db = new DatabaseSync(join(dataDir, 'pubsub.sqlite'))
  // The exclusive lock keeps a second server off the same data; the system frees it when the process dies.
  db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${SCHEMA}`)
  const sql = prepareStatements(db)
  const { write, later, flush } = groupedWriter(db)

  return {
    load: () => {
      sql.removeOrphans.run()
      return loadAll(db)
    },
    flush,
    /** Resolves when the change is on disk. Changes are applied in the order of the calls. */
    saveTopic: (topic: Topic) => write(() => sql.saveTopic.run(topic.name, JSON.stringify(topic))),
    removeTopic: (name: string) => write(() => sql.removeTopic.run(name)),
    saveSubscription: (subscription: Subscription) =>
      write(() => sql.saveSubscription.run(subscription.name, JSON.stringify(subscription))),
    removeSubscription: (name: string) =>
      write(() => {
        sql.removeSubscription.run(name)
        sql.removeDeliveriesOf.run(name)
        sql.removeOrphans.run()
      }),
    /** Stores each message once, and one delivery for every subscription named with it. */
    saveMessages: (entries: readonly { message: Message; subscriptions: readonly string[] }[]) =>
      write(() => {
        for (const { message, subscriptions } of entries) {
          sql.saveMessage.run(message.id, message.data, JSON.stringify(message.attributes), message.orderingKey, message.publishedMs)
          for (const subscription of subscriptions) sql.saveDelivery.run(subscription, message.id)
        }
      }),
    /** The subscription is done with the message; the message itself goes with its last holder. Lazy. */
    settle: (subscription: string, message: Message) => {
      message.holders -= 1
      const last = message.holders === 0
      later(() => {
        sql.removeDelivery.run(subscription, message.id)
        if (last) sql.removeMessage.run(message.id)
      })
    },
    /** Keeps the count of failed deliveries, so that a restart goes on counting. Lazy. */
    saveAttempts: (subscription: string, message: Message, attempts: number) =>
      later(() => sql.saveAttempts.run(attempts, subscription, message.id)),
    /** Resolves when everything changed so far is on disk. */
    settled: () => write(() => undefined),
    close: () => {
      flush()
      db.close()
    },
  }
}

const prepareStatements = (db: DatabaseSync) => ({
  saveTopic: db.prepare('INSERT OR REPLACE INTO topics VALUES (?, ?)'),
  removeTopic: db.prepare('DELETE FROM topics WHERE name = ?'),
  saveSubscription: db.prepare('INSERT OR REPLACE INTO subscriptions VALUES (?, ?)'),
  removeSubscription: db.prepare('DELETE FROM subscriptions WHERE name = ?'),
  removeDeliveriesOf: db.prepare('DELETE FROM deliveries WHERE subscription = ?'),
  removeOrphans: db.prepare('DELETE FROM messages WHERE id NOT IN (SELECT message FROM deliveries)'),
  saveMessage: db.prepare('INSERT INTO messages VALUES (?, ?, ?, ?, ?)'),
  saveDelivery: db.prepare('INSERT INTO deliveries VALUES (?, ?, 0)'),
  removeDelivery: db.prepare('DELETE FROM deliveries WHERE subscription = ? AND message = ?'),
  removeMessage: db.prepare('DELETE FROM messages WHERE id = ?'),
  saveAttempts: db.prepare('UPDATE deliveries SET attempts = ? WHERE subscription = ? AND message = ?'),
})

const groupedWriter = (db: DatabaseSync) => {
  let pending: Change[] = []
  let immediate: NodeJS.Immediate | undefined
  let timer: NodeJS.Timeout | undefined

  const flush = () => {
    clearImmediate(immediate)
    clearTimeout(timer)
    immediate = timer = undefined
    const changes = pending
    pending = []
    if (changes.length === 0) return
    try {
      db.exec('BEGIN')
      for (const change of changes) change.apply()
      db.exec('COMMIT')
    } catch (cause) {
      if (db.isTransaction) db.exec('ROLLBACK')
      for (const change of changes) change.failed(new Error('STORAGE_FAILED', { cause }))
      return
    }
    for (const change of changes) change.done()
  }

  return {
    flush,
    write: (apply: () => void) =>
      new Promise<void>((done, failed) => {
        pending.push({ apply, done, failed })
        // After the requests read in this turn, so that they share one commit.
        immediate ??= setImmediate(flush)
      }),
    later: (apply: () => void) => {
      pending.push({ apply, done: () => undefined, failed: error => process.stderr.write(`pubsub: ${error.message}: ${error.cause}\n`) })
      timer ??= setTimeout(flush, LAZY_MS)
    },
  }
}

const loadAll = (db: DatabaseSync) => {
  const configs = <T>(table: string) =>
    db
      .prepare(`SELECT config FROM ${table}`)
      .all()
      .map(row => JSON.parse(String(row.config)) as T)
  const messages = new Map<number, Message>()
  for (const row of db.prepare('SELECT * FROM messages').iterate()) {
    const id = Number(row.id)
    messages.set(id, {
      id,
      data: Buffer.from(row.data as Uint8Array),
      attributes: JSON.parse(String(row.attributes)),
      orderingKey: String(row.ordering_key),
      publishedMs: Number(row.published_ms),
      holders: 0,
    })
  }
  const deliveries: StoredDelivery[] = []
  for (const row of db.prepare('SELECT * FROM deliveries ORDER BY message').iterate()) {
    const message = messages.get(Number(row.message))
    if (!message) continue
    message.holders += 1
    deliveries.push({ subscription: String(row.subscription), message, attempts: Number(row.attempts) })
  }
  return { topics: configs<Topic>('topics'), subscriptions: configs<Subscription>('subscriptions'), deliveries }
}
