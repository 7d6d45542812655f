import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Document, ObjectId } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { migrateSignals } from '../../scripts/migrate-signals.ts'
import { startDoor } from './door-harness.ts'

const now = new Date('2026-06-01T12:00:00Z')
const ago = (seconds: number) => Math.floor(now.getTime() / 1000) - seconds
const backupDir = mkdtempSync(join(tmpdir(), 'signal-backup-'))
const [processed, old, young, other] = Array.from({ length: 4 }, () => new ObjectId()) as [ObjectId, ObjectId, ObjectId, ObjectId]

const before: Document[] = [
  {
    _id: processed,
    strategy_name: 'Forex',
    signal_sent_EPOCH: ago(10),
    signalID: 'a',
    signal_id: 7,
    passphrase: 'a secret',
    signal: { ticker: 'AUDCAD', action: 'BUY' },
    received_at: new Date(now.getTime() - 9_000),
    environment: 'staging',
    signal_processed: true,
  },
  {
    _id: old,
    strategy_name: 'Forex',
    signal_sent_EPOCH: ago(901),
    signalID: 'b',
    passphrase: 'a secret',
    signal: { ticker: 'AUDCAD', action: 'BUY' },
  },
  {
    _id: young,
    strategy_name: 'Forex',
    signal_sent_EPOCH: ago(899),
    signalID: 'c',
    passphrase: 'a secret',
    signal: { ticker: 'AUDCAD', action: 'BUY' },
  },
  { _id: other, strategy_name: 'Unknown', signal_id: 'unknown', signal_sent_EPOCH: ago(5) * 1000, environment: 'production', signal: {} },
]

let door: Awaited<ReturnType<typeof startDoor>>
const source = () => door.store.db.client.db('mathematricks_signals').collection('trading_signals')
const target = () => door.store.db.collection('trading_signals')
const migrate = () => migrateSignals({ source: source(), store: door.store, backupDir: mkdtempSync(join(backupDir, 'run-')), now })

beforeAll(async () => {
  door = await startDoor('signals_moved')
})
beforeEach(async () => {
  await Promise.all([source().deleteMany({}), target().deleteMany({})])
  await source().insertMany(before.map(document => ({ ...document })))
})
afterAll(() => rmSync(backupDir, { recursive: true }))

describe('the migration of the earlier system\u2019s signals', () => {
  it('ends what was processed, expires what is too old, and leaves the rest to be taken in', async () => {
    expect(await migrate()).toMatchObject({ ended: 1, expired: 1, open: 2, there_already: 0 })
    const moved = new Map((await target().find().toArray()).map(document => [document._id.toHexString(), document]))
    expect(moved.get(processed.toHexString())).toMatchObject({ status: 'CANCELED', ended_at: now, raw: { signalID: 'a', signal_id: 7 } })
    expect(moved.get(old.toHexString())).toMatchObject({ status: 'EXPIRED', ended_at: now, raw: { signalID: 'b' } })
    const { signal_id: _none, ...untouched } = before[3] ?? {}
    expect(moved.get(young.toHexString())).toEqual(before[2])
    expect(moved.get(other.toHexString())).toEqual(untouched)
    for (const _id of [processed, old]) expect(JSON.stringify(moved.get(_id.toHexString()))).not.toContain('a secret')
  })
  it('never touches the source, and changes nothing when it is repeated', async () => {
    await migrate()
    const first = await target().find().sort({ _id: 1 }).toArray()
    expect(await migrate()).toMatchObject({ ended: 0, expired: 0, open: 0, there_already: 4 })
    expect(await target().find().sort({ _id: 1 }).toArray()).toEqual(first)
    expect(await source().find().sort({ _id: 1 }).toArray()).toEqual(before)
  })
  it('backs both sides up before it writes, for nobody else to read', async () => {
    await target().insertOne({ mark: 'was here' })
    const { backups } = await migrate()
    const [ofSource = '', ofTarget = ''] = backups
    expect(readFileSync(ofSource, 'utf8').trim().split('\n')).toHaveLength(4)
    expect(JSON.parse(readFileSync(ofTarget, 'utf8'))).toMatchObject({ mark: 'was here' })
    expect(statSync(ofSource).mode & 0o777).toBe(0o600)
  })
})
