import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { keepSupervised } from '../../functions/ibkr-gateway/keep-supervised.ts'
import { takeIfFree, takeOver, whileHeld } from '../../functions/supervise-orders/lease.ts'
import type { Store } from '../../shared/store/collection.ts'
import { SUPERVISION } from '../../shared/store/leases.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { startDatabase } from './runtime-harness.ts'

const database = startDatabase()

async function freshStore(name: string): Promise<Store> {
  const store = openStore({ MONGODB_URI: (await database).uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })
  await applyCollections(store)
  return store
}

const got = <T>(value: T | null): T => value ?? expect.unreachable()
/** As a holder leaves it that was killed just now. */
const heldByTheDead = (store: Store, until: number) =>
  store.db.collection('leases').updateOne({ lease_id: SUPERVISION }, { $set: { holder: 'dead', until: new Date(until) } }, { upsert: true })

describe('the lease of supervision (EXE-7a)', () => {
  it('is one’s at a time: a SUBMITTED order takes it only where it is free', async () => {
    const store = await freshStore('lease_free')
    const taken = await Promise.all([1, 2, 3, 4].map(() => takeIfFree(store)))
    expect(taken.filter(lease => lease?.isHeld())).toHaveLength(1)
    await Promise.all(taken.map(lease => lease?.end()))
    const next = got(await takeIfFree(store))
    expect(next.isHeld()).toBe(true)
    // Before the first there was nobody: who takes it must read everything again before anything may be entered.
    expect([taken.find(lease => lease !== null)?.interrupted, next.interrupted]).toEqual([true, false])
    await next.end()
  })

  it('is handed over by who is asked, and never held by two', async () => {
    const store = await freshStore('lease_handed')
    const first = got(await takeIfFree(store))
    const taking = takeOver(store)
    await expect.poll(() => first.isAsked()).toBe(true)
    expect(first.isHeld()).toBe(true)
    await first.end()
    const second = got(await taking)
    expect([first.isHeld(), second.isHeld(), second.isAsked()]).toEqual([false, true, false])
    await second.end()
  })

  it('is taken from a dead holder within seconds, and at once where its end is absurd', async () => {
    const store = await freshStore('lease_dead')
    await heldByTheDead(store, Date.now() + 500)
    expect(await takeIfFree(store)).toBeNull()
    const second = got(await takeOver(store))
    expect([second.isHeld(), second.interrupted]).toEqual([true, true])
    // As if the clock had been an hour ahead.
    await heldByTheDead(store, Date.now() + 3_600_000)
    const third = got(await takeIfFree(store))
    await expect.poll(() => second.isHeld()).toBe(false)
    await Promise.all([second.end(), third.end()])
  })

  it('lets nobody tell a broker to do anything who does not hold it', async () => {
    const asked: string[] = []
    const note = (what: string) => async () => {
      asked.push(what)
      return { kind: 'confirmed', broker_order_id: 'b' } as const
    }
    const broker = { placeOrder: note('place'), modifyOrder: note('modify'), cancelOrder: note('cancel'), getOrder: note('get') }
    let held = true
    const guarded = await whileHeld(async () => broker as never, { isHeld: () => held })('B')
    const all = async () => [
      (await guarded.placeOrder({} as never)).kind,
      (await guarded.modifyOrder({} as never)).kind,
      (await guarded.cancelOrder({} as never)).kind,
    ]
    expect(await all()).toEqual(['confirmed', 'confirmed', 'confirmed'])
    held = false
    expect(await all()).toEqual(['unknown', 'unknown', 'unknown'])
    await guarded.getOrder({} as never)
    expect(asked).toEqual(['place', 'modify', 'cancel', 'get'])
  })

  it('has a run called as soon as nobody holds it', async () => {
    const store = await freshStore('lease_called')
    const topics: string[] = []
    const ending = new AbortController()
    const publisher = { publish: async ({ topic }: { topic: string }) => void topics.push(topic) }
    const first = got(await takeIfFree(store))
    const kept = keepSupervised(store, publisher)(ending.signal)
    await delay(0)
    expect(topics).toEqual([])
    await first.end()
    await expect.poll(() => topics).toEqual(['run-supervise-orders'])
    ending.abort()
    await kept
  })
})
