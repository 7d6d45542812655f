import { describe, expect, it } from 'vitest'
import { givenUri, useDatabase } from './server.ts'

const { client, collection } = useDatabase()
const admin = () => client().db('admin')

describe('what a test runner asks of a server', () => {
  it('ends the transactions of all sessions', async () => {
    const c = await collection()
    await client().withSession(async session => {
      session.startTransaction()
      await c.insertOne({ _id: 1 as never }, { session })
      expect(await admin().command({ killAllSessions: [] })).toMatchObject({ ok: 1 })
      await expect(session.commitTransaction()).rejects.toMatchObject({ code: 251 })
    })
    expect(await c.countDocuments()).toBe(0)
  })
  it('tells that nobody has to sign in', async () => {
    expect(await admin().command({ connectionStatus: 1 })).toMatchObject({ authInfo: { authenticatedUsers: [] } })
  })
  it('tells one parameter, or all', async () => {
    const one = await admin().command({ getParameter: 1, featureCompatibilityVersion: 1 })
    expect(one).toMatchObject({ featureCompatibilityVersion: { version: expect.stringMatching(/^\d+\.0$/) } })
    expect(one).not.toHaveProperty('authenticationMechanisms')
    expect(await admin().command({ getParameter: '*' })).toMatchObject({ authenticationMechanisms: expect.any(Array) })
    await expect(admin().command({ getParameter: 1 })).rejects.toMatchObject({ code: 72 })
  })
  if (!givenUri) {
    it('tells where the embedded server keeps its data', async () => {
      expect(await admin().command({ serverStatus: 1 })).toMatchObject({ storageEngine: { name: 'sqlite' }, version: '8.0.0' })
      expect(await admin().command({ getCmdLineOpts: 1 })).toMatchObject({ parsed: {} })
    })
    it('says by name that a collection cannot be made in a transaction', async () => {
      const c = await collection()
      await client().withSession(async session => {
        session.startTransaction()
        const made = c.createIndex({ a: 1 }, { session })
        await expect(made).rejects.toMatchObject({ code: 263, message: expect.stringContaining('createIndexes in a transaction') })
        await session.abortTransaction()
      })
    })
  }
})
