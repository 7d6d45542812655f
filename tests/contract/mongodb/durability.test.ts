import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { Binary, Long, MongoClient } from 'mongodb'
import { afterAll, describe, expect, it } from 'vitest'
import { givenUri, startEmbedded, stop, temporaryDir, useDatabase } from './server.ts'

const { client } = useDatabase()

describe('a server', () => {
  it('answers a ping', async () => {
    expect(await client().db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 })
  })
})

// A server that is given is not ours to kill.
if (!givenUri) {
  const dataDir = temporaryDir()
  afterAll(() => rmSync(dataDir, { recursive: true }))

  describe('the embedded server', () => {
    it('loses nothing that it acknowledged when it is killed in a burst of writes', async () => {
      const acknowledged: number[] = []
      let next = 0
      for (let round = 0; round < 5; round++) {
        const server = await startEmbedded(dataDir)
        const connection = await new MongoClient(server.uri, { retryWrites: false, serverSelectionTimeoutMS: 500 }).connect()
        const c = connection.db('test_durable').collection<{ _id: number; k: number }>('c')
        if (round === 0) await c.createIndex({ k: 1 }, { unique: true })
        const enough = Promise.withResolvers<void>()
        const before = acknowledged.length
        const writer = async () => {
          for (;;) {
            const n = next++
            await c.insertOne({ _id: n, k: n })
            if (acknowledged.push(n) === before + 400) enough.resolve()
          }
        }
        const ended = Promise.allSettled(Array.from({ length: 20 }, writer))
        await enough.promise
        await stop(server, 'SIGKILL')
        await ended
        await connection.close()
      }
      const server = await startEmbedded(dataDir)
      const connection = await new MongoClient(server.uri).connect()
      const c = connection.db('test_durable').collection<{ _id: number; k: number }>('c')
      const found = new Set((await c.find().toArray()).map(({ _id }) => _id))
      expect(acknowledged.length).toBeGreaterThanOrEqual(2000)
      expect(acknowledged.filter(n => !found.has(n))).toEqual([])
      // Each document is in its index as well, and the index still refuses a second one.
      expect(await c.countDocuments({ k: { $gte: 0 } }, { hint: 'k_1' })).toBe(found.size)
      await expect(c.insertOne({ _id: -1, k: acknowledged[0] ?? 0 })).rejects.toMatchObject({ code: 11000 })
      await connection.close()
      await stop(server)
    })
    it('keeps what only one member was asked to acknowledge when its process is killed', async () => {
      const first = await startEmbedded(dataDir)
      const before = await new MongoClient(first.uri).connect()
      const written = before.db('test_relaxed').collection<{ _id: number }>('c')
      for (let n = 0; n < 20; n++) await written.insertOne({ _id: n }, { writeConcern: { w: 1 } })
      await stop(first, 'SIGKILL')
      await before.close()
      const second = await startEmbedded(dataDir)
      const after = await new MongoClient(second.uri).connect()
      expect(await after.db('test_relaxed').collection('c').countDocuments()).toBe(20)
      await after.close()
      await stop(second)
    })
    it('keeps collections, indexes, validators and replies of retryable writes over a restart', async () => {
      const options = { validator: { n: { $gt: 0 } } }
      const first = await startEmbedded(dataDir)
      const before = await new MongoClient(first.uri).connect()
      const c = await before.db('test_restart').createCollection('c', options)
      await c.createIndex({ n: 1 }, { unique: true })
      await c.insertOne({ n: 1 })
      const lsid = { id: new Binary(randomBytes(16), Binary.SUBTYPE_UUID) }
      // The driver gives each client sessions of its own; a retry after a restart comes with the old one.
      const sendOnce = async (on: MongoClient) => {
        const session = on.startSession()
        Object.assign(session.serverSession, { id: lsid })
        return on.db('test_restart').command({ insert: 'c', documents: [{ _id: 'once', n: 2 }], txnNumber: Long.ONE }, { session })
      }
      expect(await sendOnce(before)).toMatchObject({ n: 1 })
      await before.close()
      await stop(first)
      const second = await startEmbedded(dataDir)
      const after = await new MongoClient(second.uri).connect()
      const again = after.db('test_restart').collection('c')
      expect((await again.indexes()).map(({ name }) => name)).toEqual(['_id_', 'n_1'])
      await expect(again.insertOne({ n: 1 })).rejects.toMatchObject({ code: 11000 })
      await expect(again.insertOne({ n: 0 })).rejects.toMatchObject({ code: 121 })
      const repeated = await sendOnce(after)
      expect([repeated.n, repeated.writeErrors]).toEqual([1, undefined])
      expect(await again.countDocuments({ n: 2 })).toBe(1)
      await after.close()
      await stop(second)
    })
    it('names the port that is in use, and exits with 1', async () => {
      const other = createServer()
      await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
      const address = other.address()
      const port = typeof address === 'object' && address ? address.port : 0
      await expect(startEmbedded(temporaryDir(), port)).rejects.toThrow(`exit 1: MONGODB_PORT: port ${port} is in use`)
      await new Promise(resolve => other.close(resolve))
    })
    it('refuses a data directory that another one holds', async () => {
      const server = await startEmbedded(dataDir)
      await expect(startEmbedded(dataDir)).rejects.toThrow(/exit 1: MONGODB_DATA: cannot open/)
      await stop(server)
    })
    it('stops when it is told to', async () => {
      const server = await startEmbedded(dataDir)
      await stop(server)
      expect(server.process.exitCode).toBe(0)
    })
  })
}
