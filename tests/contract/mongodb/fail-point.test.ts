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
  const fail = (mode: unknown, data: Document) => client.db('admin').command({ configureFailPoint: 'failCommand', mode, data })

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
      expect(await codeOf(fail('alwaysOn', { failCommands: ['ping'], appName: 'x' }))).toBe(40415)
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
