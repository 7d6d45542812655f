import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Int32 } from 'bson'
import { afterEach, describe, expect, it } from 'vitest'
import { clusterTime } from '../../../../../scripts/local/mongodb/bson/cluster-time.ts'
import { encode } from '../../../../../scripts/local/mongodb/bson/codec.ts'
import { openStore, type Store } from '../../../../../scripts/local/mongodb/storage/store.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const dirs: string[] = []
const open: Store[] = []

const storeIn = (dir = mkdtempSync(join(tmpdir(), 'oplog-'))) => {
  const store = openStore(dir)
  dirs.push(dir)
  open.push(store)
  return store
}

afterEach(() => {
  for (const store of open.splice(0)) store.close()
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

const insert = (store: Store, ns: string, n: number) =>
  store.write(() => store.changed({ ns, op: 'insert', after: encode({ _id: new Int32(n) }) }))
const count = (store: Store) => Number(store.sql('SELECT count(*) AS n FROM oplog').get()?.n)

describe('the log of changes', () => {
  it('holds nothing of a collection that nobody has watched', async () => {
    const store = storeIn()
    await store.write(() => store.oplog.watch('d.watched'))
    await insert(store, 'd.other', 1)
    await insert(store, 'd.watched', 2)
    expect(count(store)).toBe(1)
    expect(store.oplog.read('d.watched', 0n, 10).entries.map(({ doc }) => Number(doc?._id))).toEqual([2])
  })
  it('remembers for a while what nobody had watched, and holds it from the time that is asked for', async () => {
    const store = storeIn()
    await insert(store, 'd.c', 1)
    const time = clusterTime()
    await insert(store, 'd.c', 2)
    const since = await store.write(() => store.oplog.watch('d.c', time))
    expect(since).toBe(time)
    expect(store.oplog.read('d.c', 0n, 10).entries.map(({ doc }) => Number(doc?._id))).toEqual([2])
  })
  it('says from when on it knows everything, where more is asked for', async () => {
    const store = storeIn()
    const before = clusterTime() - (3600n << 32n)
    expect(await store.write(() => store.oplog.watch('d.c', before))).toBeGreaterThan(before)
  })
  it('forgets what was not watched within its time', async () => {
    const store = storeIn()
    const time = clusterTime()
    await insert(store, 'd.c', 1)
    store.oplog.forgetOld(Date.now() + 2 * 60_000)
    expect(await store.write(() => store.oplog.watch('d.c', time))).toBeGreaterThan(time)
    expect(count(store)).toBe(0)
  })
  it('is cut after days, and then knows that it was', async () => {
    const store = storeIn()
    const since = await store.write(() => store.oplog.watch('d.c'))
    await insert(store, 'd.c', 1)
    const later = Date.now() + 2 * DAY_MS
    expect(store.oplog.isTooLong(later)).toBe(false)
    const late = Date.now() + 4 * DAY_MS
    expect(store.oplog.isTooLong(late)).toBe(true)
    await store.write(() => store.oplog.trim(late))
    expect(count(store)).toBe(0)
    expect(store.oplog.since('d.c')).toBeGreaterThan(since)
    expect(store.oplog.isTooLong(late)).toBe(false)
  })
  it('goes on behind its last time after a restart', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'oplog-'))
    const store = storeIn(dir)
    await store.write(() => store.oplog.watch('d.c'))
    await insert(store, 'd.c', 1)
    open.pop()?.close()
    const again = storeIn(dir)
    await insert(again, 'd.c', 2)
    expect(again.oplog.read('d.c', 0n, 10).entries.map(({ doc }) => Number(doc?._id))).toEqual([1, 2])
  })
})
