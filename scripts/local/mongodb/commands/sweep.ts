import { compileFilter } from '../query/matcher.ts'
import type { Collection } from '../storage/collection.ts'
import { deleteRow } from '../storage/rows.ts'
import type { Store } from '../storage/store.ts'
import { type Cursors, dropIdle } from './cursors.ts'
import { matching } from './read.ts'
import { dropOldSessions } from './retry.ts'
import { abortOld } from './transactions.ts'

const EVERY_MS = 1000
const AT_ONCE = 500

const expired = (store: Store, collection: Collection, now: number) => {
  for (const index of collection.indexes) {
    const [field] = index.fields
    if (index.expireAfterSeconds === undefined || field === undefined) continue
    // An array of dates expires with its earliest one, which is what the range over its elements finds.
    const filter = { ...index.filter, [field]: { $lte: new Date(now - index.expireAfterSeconds * 1000) } }
    const query = { filter, matches: compileFilter(filter, () => () => null), order: [], hint: index.name, limit: 0 }
    let left = AT_ONCE
    for (const match of matching(store, collection, query)) {
      if (!match) continue
      deleteRow(store, collection, match.row)
      if (--left === 0) break
    }
  }
}

/** Removes, again and again, what has outlived its TTL index, its session or its cursor. Gives a function that ends it. */
export const startSweep = (store: Store, cursors: Cursors): (() => void) => {
  let running = false
  const sweep = async () => {
    const now = Date.now()
    dropIdle(cursors, now)
    store.rest()
    abortOld(store, now)
    for (const collection of store.collections.values()) {
      if (collection.indexes.some(({ expireAfterSeconds }) => expireAfterSeconds !== undefined))
        await store.write(() => expired(store, collection, now))
    }
    await dropOldSessions(store, now)
    store.oplog.forgetOld(now)
    if (store.oplog.isTooLong(now)) await store.write(() => store.oplog.trim(now))
  }
  const timer = setInterval(() => {
    if (running) return
    running = true
    sweep()
      .catch(error => console.error(JSON.stringify({ severity: 'ERROR', message: 'sweep failed', error: String(error) })))
      .finally(() => {
        running = false
      })
  }, EVERY_MS)
  timer.unref()
  return () => clearInterval(timer)
}
