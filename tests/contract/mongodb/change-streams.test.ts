import { rmSync } from 'node:fs'
import { type ChangeStream, type ChangeStreamOptions, type Document, MongoClient, type ResumeToken, Timestamp } from 'mongodb'
import { afterAll, describe, expect, it } from 'vitest'
import { codeOf, givenUri, startEmbedded, stop, temporaryDir, useDatabase } from './server.ts'

const { collection, db, client } = useDatabase()
const id = (n: unknown) => n as never

/** The next events of a stream, without what differs from run to run. */
const take = async (stream: ChangeStream, count: number) => {
  const events: Document[] = []
  while (events.length < count) events.push(await stream.next())
  return events
}
const brief = ({ _id, clusterTime: _clusterTime, wallTime: _wallTime, ns: _ns, ...event }: Document) => event

type Watched = { watch(pipeline: Document[], options: ChangeStreamOptions): ChangeStream }

/** Opens a stream, which is there before anything else happens. */
const watch = async (on: Watched, pipeline: Document[] = [], options: ChangeStreamOptions = {}) => {
  const stream = on.watch(pipeline, { maxAwaitTimeMS: 20, ...options })
  expect(await stream.tryNext()).toBeNull()
  return stream
}

const read = async (on: Watched, options: ChangeStreamOptions, count: number) => {
  const stream = on.watch([], options)
  const events = await take(stream, count)
  await stream.close()
  return events
}

describe('a change stream on a collection', () => {
  it('tells of each insert, update, replacement and deletion, in order', async () => {
    const c = await collection({ _id: id(0) })
    const stream = await watch(c)
    await c.insertOne({ _id: id(1), a: 1 })
    await c.updateOne({ _id: id(1) }, { $set: { a: 2, 'b.c': 1 }, $unset: { none: 1 } })
    await c.replaceOne({ _id: id(1) }, { z: 1 })
    await c.deleteOne({ _id: id(1) })
    const events = await take(stream, 4)
    expect(events.map(brief)).toEqual([
      { operationType: 'insert', fullDocument: { _id: 1, a: 1 }, documentKey: { _id: 1 } },
      {
        operationType: 'update',
        documentKey: { _id: 1 },
        updateDescription: { updatedFields: { a: 2, b: { c: 1 } }, removedFields: [], truncatedArrays: [] },
      },
      { operationType: 'replace', fullDocument: { _id: 1, z: 1 }, documentKey: { _id: 1 } },
      { operationType: 'delete', documentKey: { _id: 1 } },
    ])
    expect(events.map(({ ns }) => ns)).toEqual(events.map(() => ({ db: db().databaseName, coll: c.collectionName })))
    const times = events.map(({ clusterTime }) => clusterTime as Timestamp)
    expect(times.every(time => time instanceof Timestamp)).toBe(true)
    expect(times.slice(1).every((time, i) => time.greaterThan(times[i] as Timestamp))).toBe(true)
    expect(events.every(({ wallTime }) => wallTime instanceof Date)).toBe(true)
    await stream.close()
  })
  it.each([
    ['an increment inside', { $inc: { 'sub.n': 1 } }, { 'sub.n': 2 }, [], []],
    ['an element of an array', { $set: { 'list.1': 9 } }, { 'list.1': 9 }, [], []],
    ['elements at the end of an array', { $push: { list: { $each: [4, 5] } } }, { 'list.3': 4, 'list.4': 5 }, [], []],
    ['elements taken out', { $pull: { list: 2 } }, { list: [1, 3] }, [], []],
    ['a field taken away', { $unset: { 'sub.n': 1, k: 1 } }, {}, ['sub.n', 'k'], []],
    ['another name', { $rename: { k: 'key' } }, { key: 'a' }, ['k'], []],
    ['a pipeline', [{ $set: { list: [1, 2], k: 'b' } }], { k: 'b' }, [], [{ field: 'list', newSize: 2 }]],
  ])('describes %s', async (_, update: Document, updatedFields, removedFields, truncatedArrays) => {
    const c = await collection({ _id: id(1), k: 'a', sub: { n: 1, m: 1 }, list: [1, 2, 3] })
    const stream = await watch(c)
    await c.updateOne({ _id: id(1) }, update)
    const [event] = await take(stream, 1)
    expect(event?.updateDescription.updatedFields).toEqual(updatedFields)
    expect([...(event?.updateDescription.removedFields ?? [])].sort()).toEqual([...removedFields].sort())
    expect(event?.updateDescription.truncatedArrays).toEqual(truncatedArrays)
    await stream.close()
  })
  it('says nothing of an update that changes nothing, nor of a write that fails', async () => {
    const c = await collection({ _id: id(1), a: 1 })
    const stream = await watch(c)
    await c.updateOne({ _id: id(1) }, { $set: { a: 1 } })
    await expect(c.insertMany([{ _id: id(2) }, { _id: id(1) }, { _id: id(3) }])).rejects.toMatchObject({ code: 11000 })
    await c.insertOne({ _id: id(4) })
    expect((await take(stream, 2)).map(({ documentKey }) => documentKey._id)).toEqual([2, 4])
    await stream.close()
  })
  it('looks up the document as it is, when asked', async () => {
    const c = await collection({ _id: id(1), a: 1 })
    const stream = await watch(c, [], { fullDocument: 'updateLookup' })
    await c.updateOne({ _id: id(1) }, { $set: { a: 2 } })
    await c.updateOne({ _id: id(1) }, { $set: { a: 3 } })
    expect((await take(stream, 2)).map(({ fullDocument }) => fullDocument)).toEqual([
      { _id: 1, a: 3 },
      { _id: 1, a: 3 },
    ])
    await c.updateOne({ _id: id(1) }, { $set: { a: 4 } })
    await c.deleteOne({ _id: id(1) })
    expect((await take(stream, 2)).map(({ fullDocument }) => fullDocument)).toEqual([null, undefined])
    await stream.close()
  })
  it('passes events through stages', async () => {
    const c = await collection()
    const pipeline = [
      { $match: { operationType: 'insert', 'fullDocument.n': { $gt: 1 } } },
      { $addFields: { twice: { $multiply: ['$fullDocument.n', 2] } } },
      { $project: { twice: 1, 'documentKey._id': 1 } },
    ]
    const stream = await watch(c, pipeline)
    await c.insertMany([1, 2, 3].map(n => ({ _id: id(n), n })))
    expect((await take(stream, 2)).map(({ _id, ...event }) => event)).toEqual([
      { twice: 4, documentKey: { _id: 2 } },
      { twice: 6, documentKey: { _id: 3 } },
    ])
    await stream.close()
  })
  it('fails when a stage takes the token away', async () => {
    const c = await collection()
    const stream = await watch(c, [{ $project: { _id: 0 } }])
    await c.insertOne({})
    await expect(stream.next()).rejects.toMatchObject({ code: 280, errorLabels: ['NonResumableChangeStreamError'] })
  })
  it('ends with an invalidation when the collection is dropped', async () => {
    const c = await collection({ _id: id(1) })
    const stream = await watch(c)
    await c.drop()
    const events = await take(stream, 2)
    expect(events.map(brief)).toEqual([{ operationType: 'drop' }, { operationType: 'invalidate' }])
    const token = events[1]?._id as ResumeToken
    expect(await codeOf(c.watch([], { resumeAfter: token }).next())).toBe(260)
    await c.insertOne({ _id: id(2) })
    expect((await read(c, { startAfter: token }, 1)).map(({ operationType }) => operationType)).toEqual(['insert'])
    expect((await read(c, { resumeAfter: events[0]?._id }, 1)).map(({ operationType }) => operationType)).toEqual(['invalidate'])
  })
  it('waits for the time that it is given, one second when none is', async () => {
    const c = await collection()
    const cursorOf = async () => {
      const { cursor } = await db().command({ aggregate: c.collectionName, pipeline: [{ $changeStream: {} }], cursor: {} })
      return cursor
    }
    const waited = async (options: Document) => {
      const { id: getMore } = await cursorOf()
      const start = performance.now()
      const { cursor } = await db().command({ getMore, collection: c.collectionName, ...options })
      expect(cursor.nextBatch).toEqual([])
      expect(cursor.postBatchResumeToken._data).toEqual(expect.any(String))
      return performance.now() - start
    }
    const usual = await waited({})
    expect(usual).toBeGreaterThan(900)
    expect(await waited({ maxTimeMS: 50 })).toBeLessThan(usual)
  })
  it('is woken by the event that it waits for', async () => {
    const c = await collection()
    const { cursor } = await db().command({ aggregate: c.collectionName, pipeline: [{ $changeStream: {} }], cursor: {} })
    const start = performance.now()
    const more = db().command({ getMore: cursor.id, collection: c.collectionName, maxTimeMS: 20_000 })
    await c.insertOne({ _id: id(1) })
    expect((await more).cursor.nextBatch).toMatchObject([{ operationType: 'insert', documentKey: { _id: 1 } }])
    expect(performance.now() - start).toBeLessThan(15_000)
  })
  it('can be closed while it waits', async () => {
    const c = await collection()
    const { cursor } = await db().command({ aggregate: c.collectionName, pipeline: [{ $changeStream: {} }], cursor: {} })
    const more = codeOf(db().command({ getMore: cursor.id, collection: c.collectionName, maxTimeMS: 20_000 }))
    await db().command({ killCursors: c.collectionName, cursors: [cursor.id] })
    expect([43, 237]).toContain(await more)
  })
})

describe('a change stream goes on', () => {
  it('behind a token, with everything that came meanwhile', async () => {
    const c = await collection()
    const stream = await watch(c)
    await c.insertMany([1, 2, 3].map(n => ({ _id: id(n) })))
    const [first] = await take(stream, 1)
    await stream.close()
    await c.insertOne({ _id: id(4) })
    for (const options of [{ resumeAfter: first?._id }, { startAfter: first?._id }])
      expect((await read(c, options, 3)).map(({ documentKey }) => documentKey._id)).toEqual([2, 3, 4])
  })
  it('behind the token of an empty batch', async () => {
    const c = await collection()
    const stream = await watch(c)
    const token = stream.resumeToken
    await stream.close()
    await c.insertOne({ _id: id(1) })
    expect((await read(c, { resumeAfter: token }, 1)).map(({ documentKey }) => documentKey._id)).toEqual([1])
  })
  it('from a time, even where nobody had watched before', async () => {
    const c = await collection({ _id: id(0) })
    const { operationTime } = await db().command({ ping: 1 })
    await c.insertOne({ _id: id(1) })
    await c.updateOne({ _id: id(1) }, { $set: { a: 1 } })
    const events = await read(c, { startAtOperationTime: operationTime }, 2)
    expect(events.map(({ operationType }) => operationType)).toEqual(['insert', 'update'])
    expect((await read(c, { startAtOperationTime: events[1]?.clusterTime }, 1)).map(brief)).toEqual([brief(events[1] ?? {})])
  })
  it.each([
    [{ resumeAfter: { _data: 'nope' } }, [50811, 9]],
    [{ resumeAfter: {} }, [40647, 9]],
    [{ resumeAfter: { _data: '00' }, startAtOperationTime: new Timestamp({ t: 1, i: 1 }) }, [40674, 50811]],
  ])('not with %j', async (options, codes) => {
    const c = await collection({})
    expect(codes).toContain(await codeOf(db().command({ aggregate: c.collectionName, pipeline: [{ $changeStream: options }], cursor: {} })))
  })
  it('not from a time whose changes are forgotten', async () => {
    const c = await collection({})
    const startAtOperationTime = new Timestamp({ t: 1000, i: 1 })
    expect(await codeOf(c.watch([], { startAtOperationTime }).next())).toBe(286)
  })
})

describe('a change stream on more than one collection', () => {
  it('tells of all collections of a database', async () => {
    const [a, b] = [await collection({}), await collection({})]
    const stream = await watch(db(), [{ $match: { 'ns.coll': { $in: [a.collectionName, b.collectionName, 'fresh'] } } }])
    await a.insertOne({ _id: id(1) })
    await b.insertOne({ _id: id(2) })
    await db()
      .collection('fresh')
      .insertOne({ _id: id(3) })
    await a.drop()
    expect((await take(stream, 4)).map(({ operationType, ns, documentKey }) => [operationType, ns.coll, documentKey?._id])).toEqual([
      ['insert', a.collectionName, 1],
      ['insert', b.collectionName, 2],
      ['insert', 'fresh', 3],
      ['drop', a.collectionName, undefined],
    ])
    await stream.close()
  })
  it('tells of the end of its database', async () => {
    const other = client().db(`${db().databaseName}_other`)
    await other.collection('c').insertOne({})
    const stream = await watch(other)
    await other.dropDatabase()
    expect((await take(stream, 3)).map(({ operationType }) => operationType)).toEqual(['drop', 'dropDatabase', 'invalidate'])
  })
  it('tells of all databases', async () => {
    const c = await collection({})
    const stream = await watch(client(), [{ $match: { 'fullDocument.mark': c.collectionName } }])
    await client().db(`${db().databaseName}_two`).collection('x').insertOne({ mark: c.collectionName })
    await c.insertOne({ mark: c.collectionName })
    expect((await take(stream, 2)).map(({ ns }) => ns.coll)).toEqual(['x', c.collectionName])
    await stream.close()
    await client().db(`${db().databaseName}_two`).dropDatabase()
  })
})

if (!givenUri) {
  const dataDir = temporaryDir()
  afterAll(() => rmSync(dataDir, { recursive: true }))

  describe('the embedded server\u2019s change streams', () => {
    it('lose nothing of what was acknowledged when the server is killed', async () => {
      const first = await startEmbedded(dataDir)
      const before = await new MongoClient(first.uri, { retryWrites: false }).connect()
      const c = before.db('test_streams').collection('c')
      const stream = await watch(c)
      const token = stream.resumeToken
      await Promise.all(Array.from({ length: 200 }, (_, i) => c.insertOne({ _id: id(i) })))
      await stop(first, 'SIGKILL')
      await before.close()
      const second = await startEmbedded(dataDir)
      const after = await new MongoClient(second.uri).connect()
      const again = after.db('test_streams').collection('c')
      const events = await read(again, { resumeAfter: token }, 200)
      expect(new Set(events.map(({ documentKey }) => documentKey._id))).toEqual(new Set(Array.from({ length: 200 }, (_, i) => i)))
      await again.insertOne({ _id: id('later') })
      expect((await read(again, { resumeAfter: events[199]?._id }, 1)).map(({ documentKey }) => documentKey._id)).toEqual(['later'])
      await after.close()
      await stop(second)
    })
    it('go on by themselves when the server comes back on its port', async () => {
      const first = await startEmbedded(dataDir)
      const connection = await new MongoClient(first.uri, { serverSelectionTimeoutMS: 10_000 }).connect()
      const c = connection.db('test_streams').collection('resumed')
      const stream = await watch(c)
      await c.insertOne({ _id: id(1) })
      expect((await take(stream, 1)).map(({ documentKey }) => documentKey._id)).toEqual([1])
      await stop(first, 'SIGKILL')
      const second = await startEmbedded(dataDir, first.port)
      await c.insertOne({ _id: id(2) })
      expect((await take(stream, 1)).map(({ documentKey }) => documentKey._id)).toEqual([2])
      await stream.close()
      await connection.close()
      await stop(second)
    })
  })
}
