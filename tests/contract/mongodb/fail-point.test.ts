import { rmSync } from 'node:fs'
import { type Db, type Document, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeOf, type Embedded, givenUri, startEmbedded, stop, temporaryDir } from './server.ts'

// A server that is given is not ours to make fail.
if (!givenUri) {
  const dataDir = temporaryDir()
  let server: Embedded
  let client: MongoClient
  let db: Db
  beforeAll(async () => {
    server = await startEmbedded(dataDir, 0, '--test-commands')
    client = await new MongoClient(server.uri).connect()
    db = client.db('test_faults')
  })
  afterAll(async () => {
    await client.close()
    await stop(server)
    rmSync(dataDir, { recursive: true })
  })
  const fail = (mode: unknown, data: Document, point = 'failCommand') =>
    client.db('admin').command({ configureFailPoint: point, mode, data })

  describe('failCommand', () => {
    it('fails as often as it was told, with the code', async () => {
      await fail({ times: 2 }, { failCommands: ['count'], errorCode: 2 })
      const counts = [db.command({ count: 'c' }), db.command({ count: 'c' }), db.command({ count: 'c' })]
      const codes = []
      for (const count of counts) codes.push(await codeOf(count))
      expect(codes).toEqual([2, 2, { succeeded: expect.objectContaining({ n: 0 }) }])
    })
    it.each([
      ['a retryable code', { errorCode: 11600 }],
      ['a connection that is closed', { closeConnection: true }],
      ['a label', { errorCode: 2, errorLabels: ['RetryableWriteError'] }],
    ])('is met once by a write that the driver sends again: %s', async (_, fault) => {
      const c = db.collection('retried')
      const before = await c.countDocuments()
      await fail({ times: 1 }, { failCommands: ['insert'], ...fault })
      await c.insertOne({})
      expect(await c.countDocuments()).toBe(before + 1)
    })
    it('lets a change stream go on by itself', async () => {
      const c = db.collection('streamed')
      const stream = c.watch([], { maxAwaitTimeMS: 20 })
      await stream.tryNext()
      await fail({ times: 1 }, { failCommands: ['getMore'], errorCode: 6, errorLabels: ['ResumableChangeStreamError'] })
      await c.insertOne({ a: 1 })
      expect(await stream.next()).toMatchObject({ operationType: 'insert' })
      await stream.close()
    })
    it('makes a transaction be tried again', async () => {
      const c = db.collection('transacted')
      await c.insertOne({ _id: 1 as never, n: 0 })
      await fail({ times: 1 }, { failCommands: ['commitTransaction'], errorCode: 11602 })
      await client.withSession(session => session.withTransaction(() => c.updateOne({}, { $inc: { n: 1 } }, { session })))
      expect((await c.findOne())?.n).toBe(1)
    })
    it('can be slow, and can be switched off', async () => {
      await fail('alwaysOn', { failCommands: ['ping'], blockConnection: true, blockTimeMS: 100 })
      const start = performance.now()
      await db.command({ ping: 1 })
      expect(performance.now() - start).toBeGreaterThan(90)
      await fail('off', {})
      expect(await codeOf(db.command({ ping: 1 }))).toEqual({ succeeded: expect.objectContaining({ ok: 1 }) })
    })
    it('refuses what it does not know by its name', async () => {
      expect(await codeOf(fail('alwaysOn', { failCommands: ['ping'], nope: 'x' }))).toBe(40415)
      await expect(fail('alwaysOn', { failCommands: ['ping'], appName: 'x' })).rejects.toMatchObject({
        code: 115,
        message: expect.stringContaining('appName'),
      })
      await expect(fail('alwaysOn', {}, 'WTWriteConflictException')).rejects.toMatchObject({
        code: 115,
        message: expect.stringContaining('WTWriteConflictException'),
      })
    })
    it.each([
      [8, 'UnknownError'],
      [91, 'ShutdownInProgress'],
      [189, 'PrimarySteppedDown'],
      [216, 'ElectionInProgress'],
      [10107, 'NotWritablePrimary'],
    ])('calls code %d %s', async (errorCode, codeName) => {
      await fail({ times: 1 }, { failCommands: ['ping'], errorCode })
      await expect(db.command({ ping: 1 })).rejects.toMatchObject({ code: errorCode, codeName })
    })
  })
  describe('a connection that ends at the first attempt of a write', () => {
    it.each([
      ['after it was done', {}],
      ['before it was done', { failBeforeCommitExceptionCode: 1 }],
    ])('%s: the write is done once', async (_, data) => {
      const c = db.collection(`first_${Object.keys(data).length}`)
      await fail({ times: 1 }, data, 'onPrimaryTransactionalWrite')
      await c.updateOne({ _id: 1 as never }, { $inc: { n: 1 } }, { upsert: true })
      await fail({ times: 1 }, data, 'onPrimaryTransactionalWrite')
      expect(await c.findOneAndUpdate({}, { $inc: { n: 1 } }, { returnDocument: 'after' })).toEqual({ _id: 1, n: 2 })
      expect(await c.find().toArray()).toEqual([{ _id: 1, n: 2 }])
    })
    it('at both attempts, before it was done: the write fails and is not done', async () => {
      const c = db.collection('never')
      await fail({ times: 2 }, { failBeforeCommitExceptionCode: 1 }, 'onPrimaryTransactionalWrite')
      await expect(c.insertOne({ a: 1 })).rejects.toThrow('closed')
      expect(await c.countDocuments()).toBe(0)
    })
    it('leaves writes alone that are sent once only', async () => {
      const c = db.collection('once_only')
      await fail({ times: 1 }, {}, 'onPrimaryTransactionalWrite')
      expect(await c.deleteMany({})).toMatchObject({ deletedCount: 0 })
      await fail('off', {}, 'onPrimaryTransactionalWrite')
    })
  })
  describe('a change stream whose next batch fails', () => {
    const next = async (errorCode: number) => {
      const c = db.collection(`batches_${errorCode}`)
      const stream = c.watch([], { maxAwaitTimeMS: 20 })
      await stream.tryNext()
      await fail({ times: 1 }, { errorCode }, 'failGetMoreAfterCursorCheckout')
      await c.insertOne({ _id: 1 as never })
      return stream.next().finally(() => stream.close())
    }
    it.each([6, 133, 234, 11600])('goes on by itself after code %d', async code => {
      expect(await next(code)).toMatchObject({ operationType: 'insert', documentKey: { _id: 1 } })
    })
    it('ends after any other', async () => {
      expect(await codeOf(next(216))).toBe(216)
    })
  })
  it('a server that was not started for tests cannot be made to fail', async () => {
    const other = await startEmbedded(temporaryDir())
    const connection = await new MongoClient(other.uri).connect()
    const refused = connection
      .db('admin')
      .command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data: { failCommands: ['ping'] } })
    await expect(refused).rejects.toMatchObject({ code: 59, message: expect.stringContaining('configureFailPoint') })
    await connection.close()
    await stop(other)
  })
}
