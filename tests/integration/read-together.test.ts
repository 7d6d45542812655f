import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CommandStartedEvent, MongoClient } from 'mongodb'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startMongodb } from '../../scripts/local/mongodb/start.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { decimal } from '../../shared/messages/codecs.ts'
import { collection, type Store } from '../../shared/store/collection.ts'
import { type Query, readTogether } from '../../shared/store/query.ts'

const schema = z.object({ name: z.string(), price: decimal, tags: z.array(z.string()) })
const shelf = collection('shelf', { schema, indexes: [], retention: 'forever' })
const cellar = collection('cellar', { schema, indexes: [], retention: 'forever' })

const dataDir = mkdtempSync(join(tmpdir(), 'read-together-'))
let server: Awaited<ReturnType<typeof startMongodb>>
let client: MongoClient
let store: Store
const asked: CommandStartedEvent[] = []
beforeAll(async () => {
  server = await startMongodb({ dataDir, port: 0 })
  client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`, { monitorCommands: true })
  client.on('commandStarted', event => {
    if (event.commandName === 'aggregate') asked.push(event)
  })
  store = { db: client.db('reads'), fund_id: 'F' }
  await shelf.in(store).insertMany([
    { name: 'a', price: new Decimal('1.5'), tags: ['x'] },
    { name: 'b', price: new Decimal('2'), tags: [] },
  ])
  await cellar.in(store).insertOne({ name: 'c', price: new Decimal('3'), tags: [] })
})
afterAll(async () => {
  await client.close()
  await server.close()
  rmSync(dataDir, { recursive: true })
})
beforeEach(() => {
  asked.length = 0
})

const named = (from: typeof shelf, name: string): Query<typeof schema> => ({ in: from, filter: { name } })
const readsOf = ({ command }: CommandStartedEvent) => (JSON.stringify(command.pipeline).match(/\$match/g) ?? []).length

describe('reads together', () => {
  it('stand under their names, in one round trip', async () => {
    const { a, c, none } = await readTogether(store, { a: named(shelf, 'a'), c: named(cellar, 'c'), none: named(cellar, 'a') })
    expect([a.map(({ price }) => price.toFixed()), c.map(({ name }) => name), none]).toEqual([['1.5'], ['c'], []])
    expect(asked.map(readsOf)).toEqual([3])
  })

  it('that are asked for while others are under way go out together, each once', async () => {
    const both = (name: string) => readTogether(store, { it: named(shelf, name), c: named(cellar, 'c') })
    const first = both('a')
    await Promise.resolve() // By then it is on its way.
    const found = await Promise.all([first, ...['b', 'b', 'a', 'b'].map(both)])
    expect(found.map(({ it: [one] }) => one?.name)).toEqual(['a', 'b', 'b', 'a', 'b'])
    expect(asked.map(readsOf)).toEqual([2, 3])
  })

  it('see what was written before they were asked for', async () => {
    const reading = readTogether(store, { it: named(shelf, 'late') })
    await shelf.in(store).insertOne({ name: 'late', price: new Decimal('9'), tags: [] })
    expect((await readTogether(store, { it: named(shelf, 'late') })).it).toHaveLength(1)
    await reading
  })

  it('give the same frozen value for the same bytes, and a new one for others', async () => {
    const one = await readTogether(store, { it: named(shelf, 'b') })
    const same = await readTogether(store, { it: named(shelf, 'b') })
    expect(same.it[0]).toBe(one.it[0])
    expect(() => one.it[0]?.tags.push('y')).toThrow(TypeError)
    await shelf.in(store).updateOne({ name: 'b' }, { $set: { price: new Decimal('7') } })
    expect((await readTogether(store, { it: named(shelf, 'b') })).it[0]?.price.toFixed()).toBe('7')
  })

  it('fail alone where a document is not as its schema has it', async () => {
    await cellar.in(store).insertOne({ name: 'bad', price: 'dear', tags: [] })
    const [bad, good] = await Promise.allSettled([
      readTogether(store, { it: named(cellar, 'bad') }),
      readTogether(store, { it: named(cellar, 'c') }),
    ])
    expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled'])
  })

  it('all fail where the database refuses, and the next go through', async () => {
    const wrong: Query<typeof schema> = { in: shelf, filter: { $nonsense: 1 } }
    const failing = await Promise.allSettled([readTogether(store, { wrong }), readTogether(store, { wrong, a: named(shelf, 'a') })])
    expect(failing.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect((await readTogether(store, { a: named(shelf, 'a') })).a).toHaveLength(1)
  })
})
