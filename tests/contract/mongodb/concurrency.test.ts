import { Decimal128, Long } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { useDatabase } from './server.ts'

const { client, collection } = useDatabase({ maxPoolSize: 50 })
const id = (n: number) => n as never
const dec = (text: string) => Decimal128.fromString(text)

describe('many at once', () => {
  it('let conditional increments pass up to a cap, and never past it', async () => {
    const c = await collection({ _id: id(1), free: dec('100.00'), taken: 0 })
    const take = () =>
      c.findOneAndUpdate(
        { _id: id(1), free: { $gte: dec('10.00') } },
        { $inc: { free: dec('-10.00'), taken: 1 } },
        { returnDocument: 'after' },
      )
    const results = await Promise.all(Array.from({ length: 200 }, take))
    expect(results.filter(result => result !== null)).toHaveLength(10)
    expect(await c.findOne()).toEqual({ _id: 1, free: dec('0.00'), taken: 10 })
  })
  it('let one of a thousand inserts of a key through', async () => {
    const c = await collection()
    await c.createIndex({ k: 1 }, { unique: true })
    const results = await Promise.allSettled(Array.from({ length: 1000 }, () => c.insertOne({ k: 'same' })))
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(results.filter(result => result.status === 'rejected' && result.reason.code === 11000)).toHaveLength(999)
    expect(await c.countDocuments({ k: 'same' })).toBe(1)
  })
  it('let one of two upserts insert, and the other find it', async () => {
    const c = await collection()
    await Promise.all(Array.from({ length: 100 }, () => c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { upsert: true })))
    expect(await c.find().toArray()).toEqual([{ _id: 1, n: 100 }])
  })
  it('compare and set a version without losing a change', async () => {
    const c = await collection({ _id: id(1), version: 0 })
    const bump = async (): Promise<void> => {
      const found = await c.findOne({ _id: id(1) })
      const { matchedCount } = await c.updateOne({ _id: id(1), version: found?.version }, { $inc: { version: 1 } })
      if (matchedCount === 0) await bump()
    }
    await Promise.all(Array.from({ length: 20 }, bump))
    expect((await c.findOne())?.version).toBe(20)
  })
  it('answer short questions while a long scan runs', async () => {
    const c = await collection(...Array.from({ length: 20_000 }, (_, i) => ({ _id: id(i), n: i % 7 })))
    const scan = c.countDocuments({ n: { $mod: [7, 3] } })
    const first = await Promise.race([scan.then(() => 'scan'), c.findOne({ _id: id(5) }).then(() => 'find')])
    expect(first).toBe('find')
    expect(await scan).toBe(2857)
  })
})

describe('retryable writes', () => {
  it('run once and give the same reply again', async () => {
    const c = await collection({ _id: id(1), n: 0 })
    await client().withSession(async session => {
      // Above all numbers that the driver may have used in a session that it takes from its pool.
      const base = 1_000_000
      const send = (txnNumber: number) =>
        c.db.command(
          { update: c.collectionName, updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }], txnNumber: Long.fromNumber(base + txnNumber) },
          { session },
        )
      const [first, second] = [await send(1), await send(1)]
      expect([first.nModified, second.nModified]).toEqual([1, 1])
      expect((await c.findOne())?.n).toBe(1)
      await send(2)
      expect((await c.findOne())?.n).toBe(2)
      await expect(send(1)).rejects.toMatchObject({ code: 225 })
      const modify = () =>
        c.db.command(
          {
            findAndModify: c.collectionName,
            query: { _id: 1 },
            update: { $inc: { n: 1 } },
            new: true,
            txnNumber: Long.fromNumber(base + 3),
          },
          { session },
        )
      expect([(await modify()).value.n, (await modify()).value.n]).toEqual([3, 3])
    })
  })
  it('of other sessions are other writes', async () => {
    const c = await collection()
    const insert = () =>
      client().withSession(session =>
        c.db.command({ insert: c.collectionName, documents: [{}], txnNumber: Long.fromNumber(2_000_000) }, { session }),
      )
    await Promise.all([insert(), insert()])
    expect(await c.countDocuments()).toBe(2)
  })
})
