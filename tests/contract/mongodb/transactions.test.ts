import { type ClientSession, Long, type MongoClient } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection, client, db } = useDatabase()
const id = (n: unknown) => n as never

const inTransaction = async <T>(work: (session: ClientSession) => Promise<T>, on: MongoClient = client()) => {
  const session = on.startSession()
  try {
    session.startTransaction()
    return await work(session)
  } finally {
    if (session.inTransaction()) await session.abortTransaction()
    await session.endSession()
  }
}
const labelsOf = (operation: Promise<unknown>): Promise<{ code: unknown; labels: string[] }> =>
  operation.then(
    () => ({ code: 0, labels: [] }),
    error => ({ code: error.code, labels: error.errorLabels }),
  )

describe('a transaction', () => {
  it('writes to several collections at once, when it is committed', async () => {
    const [a, b] = [await collection({ _id: id(1), n: 1 }), await collection()]
    await inTransaction(async session => {
      await a.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session })
      await b.insertOne({ _id: id(2) }, { session })
      await b.updateOne({ _id: id(2) }, { $set: { k: 'b' } }, { session })
      expect([await a.findOne({}, { session }), await b.find({}, { session }).toArray()]).toEqual([{ _id: 1, n: 2 }, [{ _id: 2, k: 'b' }]])
      expect([await a.findOne(), await b.countDocuments()]).toEqual([{ _id: 1, n: 1 }, 0])
      await session.commitTransaction()
    })
    expect([await a.findOne(), await b.findOne()]).toEqual([
      { _id: 1, n: 2 },
      { _id: 2, k: 'b' },
    ])
  })
  it('leaves nothing behind when it is aborted', async () => {
    const c = await collection({ _id: id(1), n: 1 })
    await c.createIndex({ n: 1 }, { unique: true })
    await inTransaction(async session => {
      await c.insertOne({ _id: id(2), n: 2 }, { session })
      await c.deleteOne({ _id: id(1) }, { session })
      await db().collection('made_inside').insertOne({}, { session })
      await session.abortTransaction()
    })
    expect(await c.find().toArray()).toEqual([{ _id: 1, n: 1 }])
    expect(await c.countDocuments({ n: 2 }, { hint: 'n_1' })).toBe(0)
    expect(await db().listCollections({ name: 'made_inside' }).toArray()).toEqual([])
  })
  it('reads one moment, whatever others commit meanwhile', async () => {
    const c = await collection({ _id: id(1), n: 1 }, { _id: id(2), n: 1 })
    await inTransaction(async session => {
      expect(await c.countDocuments({}, { session })).toBe(2)
      await c.updateOne({ _id: id(1) }, { $set: { n: 9 } })
      await c.deleteOne({ _id: id(2) })
      await c.insertOne({ _id: id(3), n: 1 })
      expect(await c.find({}, { session, sort: { _id: 1 } }).toArray()).toEqual([
        { _id: 1, n: 1 },
        { _id: 2, n: 1 },
      ])
      expect(await c.aggregate([{ $group: { _id: null, n: { $sum: '$n' } } }], { session }).toArray()).toEqual([{ _id: null, n: 2 }])
      expect(await c.distinct('n', {}, { session })).toEqual([1])
      await session.commitTransaction()
    })
    expect(await c.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
      { _id: 1, n: 9 },
      { _id: 3, n: 1 },
    ])
  })
  it('gives long results in batches', async () => {
    const c = await collection(...Array.from({ length: 250 }, (_, i) => ({ _id: id(i) })))
    await inTransaction(async session => {
      const cursor = c.find({}, { session, batchSize: 20 })
      expect(await cursor.next()).toEqual({ _id: 0 })
      await c.deleteMany({})
      expect(await cursor.toArray()).toHaveLength(249)
    })
  })
  it('conflicts with what another wrote since it began, and may be tried again', async () => {
    const c = await collection({ _id: id(1), n: 1 })
    await inTransaction(async session => {
      await c.findOne({ _id: id(1) }, { session })
      await c.updateOne({ _id: id(1) }, { $inc: { n: 1 } })
      const conflict = await labelsOf(c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session }))
      expect(conflict).toEqual({ code: 112, labels: expect.arrayContaining(['TransientTransactionError']) })
      expect(await labelsOf(c.findOne({}, { session }))).toEqual({
        code: 251,
        labels: expect.arrayContaining(['TransientTransactionError']),
      })
    })
    expect((await c.findOne())?.n).toBe(2)
  })
  it('conflicts with another that wrote the same document', async () => {
    const c = await collection({ _id: id(1), n: 1 })
    await inTransaction(async one => {
      await c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session: one })
      await inTransaction(async two => {
        expect((await labelsOf(c.updateOne({ _id: id(1) }, { $inc: { n: 5 } }, { session: two }))).code).toBe(112)
      })
      await one.commitTransaction()
    })
    expect((await c.findOne())?.n).toBe(2)
  })
  it('lets writes of other documents through at once, and those of the same one when it has ended', async () => {
    const c = await collection({ _id: id(1), n: 1 }, { _id: id(2), n: 1 })
    const order: string[] = []
    await inTransaction(async session => {
      await c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session })
      await c.updateOne({ _id: id(2) }, { $inc: { n: 1 } })
      const outside = c.updateOne({ _id: id(1) }, { $mul: { n: 10 } }).then(() => order.push('outside'))
      await db().command({ ping: 1 })
      await session.commitTransaction().then(() => order.push('commit'))
      await outside
    })
    expect(order).toEqual(['commit', 'outside'])
    expect(await c.find({}, { sort: { _id: 1 } }).toArray()).toEqual([
      { _id: 1, n: 20 },
      { _id: 2, n: 2 },
    ])
  })
  it('gives way to a write outside that it waits for itself', async () => {
    const c = await collection({ _id: id(1), n: 1 })
    await inTransaction(async session => {
      await c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session })
      await c.updateOne({ _id: id(1) }, { $mul: { n: 10 } })
      expect((await labelsOf(session.commitTransaction())).code).toBe(251)
    })
    expect((await c.findOne())?.n).toBe(10)
  })
  it('is tried again by the driver until it passes', async () => {
    const c = await collection({ _id: id('sum'), n: 0 })
    const add = () =>
      client().withSession(session =>
        session.withTransaction(async () => {
          const found = await c.findOne({ _id: id('sum') }, { session })
          await c.updateOne({ _id: id('sum') }, { $set: { n: (found?.n ?? 0) + 1 } }, { session })
          await c.insertOne({}, { session })
        }),
      )
    await Promise.all(Array.from({ length: 12 }, add))
    expect([(await c.findOne({ _id: id('sum') }))?.n, await c.countDocuments()]).toEqual([12, 13])
  })
  it('ends with any error in it', async () => {
    const c = await collection({ _id: id(1) })
    await inTransaction(async session => {
      await c.insertOne({ _id: id(2) }, { session })
      expect(await codeOf(c.insertOne({ _id: id(1) }, { session }))).toBe(11000)
      expect((await labelsOf(session.commitTransaction())).code).toBe(251)
    })
    expect(await c.countDocuments()).toBe(1)
  })
  it('fails at its commit when a key that it saw free was taken', async () => {
    const c = await collection()
    await inTransaction(async session => {
      await c.insertOne({ _id: id(1), from: 'inside' }, { session })
      await c.insertOne({ _id: id(1), from: 'outside' })
      expect((await labelsOf(session.commitTransaction())).code).toBe(112)
    })
    expect((await c.findOne())?.from).toBe('outside')
  })
  it('is committed once, however often that is asked for', async () => {
    const c = await collection({ _id: id(1), n: 1 })
    await inTransaction(async session => {
      await c.updateOne({ _id: id(1) }, { $inc: { n: 1 } }, { session })
      await session.commitTransaction()
      await session.commitTransaction()
    })
    expect((await c.findOne())?.n).toBe(2)
  })
  it('refuses what has no place in it', async () => {
    const c = await collection({ _id: id(1) })
    const tried = (command: object) => inTransaction(session => codeOf(db().command(command, { session })))
    expect(await tried({ count: c.collectionName })).toBe(263)
    expect(await tried({ listCollections: 1 })).toBe(263)
    const unknown = { find: c.collectionName, txnNumber: Long.fromNumber(5), autocommit: false }
    expect(await client().withSession(session => codeOf(db().command(unknown, { session })))).toBe(251)
  })
  it('cannot take a key that another open one took', async () => {
    const c = await collection({ _id: id(9), k: 9 })
    await c.createIndex({ k: 1 }, { unique: true })
    await inTransaction(async first => {
      await c.insertOne({ _id: id(1), k: 1 }, { session: first })
      const writes = [
        (session: ClientSession) => c.insertOne({ _id: id(1), k: 2 }, { session }),
        (session: ClientSession) => c.insertOne({ _id: id(2), k: 1 }, { session }),
        (session: ClientSession) => c.updateOne({ _id: id(9) }, { $set: { k: 1 } }, { session }),
      ]
      for (const write of writes) {
        await inTransaction(async second => {
          expect(await labelsOf(write(second))).toEqual({ code: 112, labels: ['TransientTransactionError'] })
          expect((await labelsOf(second.commitTransaction())).code).toBe(251)
        })
      }
      await inTransaction(async second => {
        await c.insertOne({ _id: id(3), k: 3 }, { session: second })
        await second.commitTransaction()
      })
      await first.commitTransaction()
    })
    expect(await c.distinct('_id')).toEqual([1, 3, 9])
  })
  it('cannot take a key that was taken since it began', async () => {
    const c = await collection()
    await inTransaction(async session => {
      expect(await c.countDocuments({}, { session })).toBe(0)
      await c.insertOne({ _id: id(1) })
      expect(await labelsOf(c.insertOne({ _id: id(1) }, { session }))).toEqual({ code: 112, labels: ['TransientTransactionError'] })
    })
  })
  it('is told by change streams once it is committed', async () => {
    const c = await collection()
    const stream = c.watch([], { maxAwaitTimeMS: 20 })
    expect(await stream.tryNext()).toBeNull()
    await inTransaction(async session => {
      await c.insertOne({ _id: id(1) }, { session })
      await c.updateOne({ _id: id(1) }, { $set: { a: 1 } }, { session })
      await c.insertOne({ _id: id('outside') })
      await session.commitTransaction()
    })
    const events = [await stream.next(), await stream.next(), await stream.next()] as { operationType: string; documentKey: object }[]
    expect(events.map(({ operationType, documentKey }) => [operationType, documentKey])).toEqual([
      ['insert', { _id: 'outside' }],
      ['insert', { _id: 1 }],
      ['update', { _id: 1 }],
    ])
    await stream.close()
  })
})
