import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BSON, type Collection, type Document, MongoClient, ObjectId } from 'mongodb'
import type { Store } from '../shared/store/collection.ts'
import { closeStores } from '../shared/store/open.ts'
import { strategyByReference } from '../shared/store/strategy-configurations.ts'
import { tradingSignals } from '../shared/store/trading-signals.ts'
import { readCommandLine } from './command-line.ts'
import { openDeployment } from './deployment.ts'

const usage = `npm run migrate-signals -- [options]
  moves the signals of the earlier system over: backs both sides up, keeps _id, writes only what is not there yet, and only reads the source
  --source-uri URI   where the earlier database is (beside this one)
  --source NAME      what it is called (mathematricks_signals)
  --backup DIR       where both sides are backed up (backups/ in the data directory)
  --data DIR         where npm start keeps its data (.local); with MONGODB_URI set, that database`

const DEFAULT_MAX_AGE_S = 900
const AT_ONCE = 500

export interface Migration {
  source: Collection
  store: Store
  backupDir: string
  now: Date
}

export interface Migrated {
  ended: number
  expired: number
  /** Young enough to be decided: left to the listener as any document that others write. */
  open: number
  there_already: number
  backups: string[]
}

type Kind = 'ended' | 'expired' | 'open'

const moment = (value: unknown): Date | null => {
  if (value instanceof Date) return value
  const number = Number(value)
  const date = Number.isFinite(number) && value !== null ? new Date(number < 1e11 ? number * 1000 : number) : new Date(String(value))
  return Number.isNaN(date.getTime()) ? null : date
}

/** When a signal was sent, as far as its document tells. */
const sentAt = ({ signal_sent_EPOCH, received_at, timestamp, _id }: Document): Date =>
  (signal_sent_EPOCH === undefined ? null : moment(signal_sent_EPOCH)) ??
  (received_at === undefined ? null : moment(received_at)) ??
  (timestamp === undefined ? null : moment(timestamp)) ??
  (_id instanceof ObjectId ? _id.getTimestamp() : new Date(0))

/** A document without its passphrases, wherever they were put. */
const withoutPassphrase = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutPassphrase)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value
  const kept = Object.entries(value).filter(([name]) => name.toLowerCase() !== 'passphrase')
  return Object.fromEntries(kept.map(([name, part]) => [name, withoutPassphrase(part)]))
}

async function kindOf(store: Store, document: Document, now: Date): Promise<Kind> {
  if (document.signal_processed === true) return 'ended'
  const strategy = await strategyByReference(store, String(document.strategy_name ?? ''))
  const age_s = (now.getTime() - sentAt(document).getTime()) / 1000
  return age_s > (strategy?.max_signal_age ?? DEFAULT_MAX_AGE_S) ? 'expired' : 'open'
}

/** A document as it stands here. The earlier system's `signal_id` is no id of ours, and stays in `raw` with all else. */
function movedOf(document: Document, kind: Kind, now: Date): Document {
  const { _id, signal_id: _theirs, signal_processed: _processed, ...sent } = document
  if (kind === 'open') return { _id, ...sent }
  const status = kind === 'ended' ? 'CANCELED' : 'EXPIRED'
  const received_at = moment(document.received_at) ?? sentAt(document)
  const { _id: _own, ...raw } = withoutPassphrase(document) as Document
  return {
    _id,
    status,
    states: [
      { state: 'RECEIVED', at: received_at },
      { state: status, at: now },
    ],
    received_at,
    ended_at: now,
    ended_by: kind === 'ended' ? 'migration: the earlier system had processed it' : 'migration: older than max_signal_age',
    ...(document.environment === undefined ? {} : { environment: document.environment }),
    raw,
  }
}

async function backUp(collection: Collection, { backupDir, now }: Migration): Promise<string> {
  await mkdir(backupDir, { recursive: true, mode: 0o700 })
  const file = join(backupDir, `${collection.dbName}.${collection.collectionName}.${now.toISOString().replaceAll(/[:.]/g, '-')}.jsonl`)
  const lines = async function* () {
    for await (const document of collection.find()) yield `${BSON.EJSON.stringify(document, { relaxed: false })}\n`
  }
  await pipeline(Readable.from(lines()), createWriteStream(file, { flags: 'wx', mode: 0o600 }))
  return file
}

/** Moves signals that are not there yet. Doing it again changes nothing. */
export async function migrateSignals(migration: Migration): Promise<Migrated> {
  const { source, store, now } = migration
  const target = tradingSignals.in(store)
  const result: Migrated = { ended: 0, expired: 0, open: 0, there_already: 0, backups: [] }
  result.backups = [await backUp(source, migration), await backUp(target, migration)]
  let batch: { kind: Kind; moved: Document }[] = []
  const write = async () => {
    if (batch.length === 0) return
    const there = new Set(
      (await target.find({ _id: { $in: batch.map(({ moved }) => moved._id) } }, { projection: { _id: 1 } }).toArray()).map(({ _id }) =>
        String(_id),
      ),
    )
    const fresh = batch.filter(({ moved }) => !there.has(String(moved._id)))
    if (fresh.length > 0) await target.insertMany(fresh.map(({ moved }) => moved))
    for (const { kind } of fresh) result[kind] += 1
    result.there_already += batch.length - fresh.length
    batch = []
  }
  for await (const document of source.find().sort({ _id: 1 })) {
    const kind = await kindOf(store, document, now)
    batch.push({ kind, moved: movedOf(document, kind, now) })
    if (batch.length === AT_ONCE) await write()
  }
  await write()
  return result
}

async function run(): Promise<void> {
  const { values } = readCommandLine(usage, {
    options: {
      data: { type: 'string', default: '.local' },
      'source-uri': { type: 'string' },
      source: { type: 'string', default: 'mathematricks_signals' },
      backup: { type: 'string' },
    },
  })
  const store = openDeployment(values.data, process.env).store
  if (values['source-uri'] === undefined && values.source === store.db.databaseName)
    throw new Error('SOURCE: the source is the target; name the earlier database with --source')
  const client = values['source-uri'] === undefined ? store.db.client : new MongoClient(values['source-uri'])
  try {
    const source = client.db(values.source).collection('trading_signals')
    const backupDir = values.backup ?? join(values.data, 'backups')
    const { ended, expired, open, there_already, backups } = await migrateSignals({ source, store, backupDir, now: new Date() })
    console.log(
      `${ended} ended, ${expired} expired, ${open} still open, ${there_already} were there already; backups: ${backups.join(', ')}`,
    )
  } finally {
    await client.close()
  }
}

if (import.meta.main) {
  try {
    await run()
  } catch (error) {
    console.error((error as Error).message)
    process.exitCode = 1
  } finally {
    await closeStores()
  }
}
