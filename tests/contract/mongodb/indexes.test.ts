import type { Document } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, givenUri, useDatabase } from './server.ts'

const { collection, log } = useDatabase()
const id = (n: number) => n as never

describe('indexes', () => {
  it('are listed as they were asked for, and dropped', async () => {
    const c = await collection({ a: 1 })
    expect(
      await c.createIndexes([
        { key: { a: 1, b: -1 }, name: 'ab', unique: true },
        { key: { c: 1 }, partialFilterExpression: { d: { $gt: 5 } } },
      ]),
    ).toEqual(['ab', 'c_1'])
    expect(await c.listIndexes().toArray()).toEqual([
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { a: 1, b: -1 }, name: 'ab', unique: true },
      { v: 2, key: { c: 1 }, name: 'c_1', partialFilterExpression: { d: { $gt: 5 } } },
    ])
    await c.dropIndex('ab')
    expect((await c.indexes()).map(({ name }) => name)).toEqual(['_id_', 'c_1'])
    await c.dropIndexes()
    expect((await c.indexes()).map(({ name }) => name)).toEqual(['_id_'])
  })
  it('may be created again the same, but not differently', async () => {
    const c = await collection()
    await c.createIndex({ a: 1 })
    expect(await c.createIndex({ a: 1 })).toBe('a_1')
    expect(await codeOf(c.createIndex({ a: 1 }, { name: 'other' }))).toBe(85)
    expect(await codeOf(c.createIndex({ b: 1 }, { name: 'a_1' }))).toBe(86)
    expect(await codeOf(c.createIndex({ a: 1 }, { unique: true }))).toBe(86)
    expect(await codeOf(c.dropIndex('none'))).toBe(27)
  })
  it('keep a compound key unique', async () => {
    const c = await collection({ a: 1, b: 1 }, { a: 1, b: 2 })
    await c.createIndex({ a: 1, b: 1 }, { unique: true })
    await expect(c.insertOne({ a: 1, b: 2 })).rejects.toMatchObject({ code: 11000, keyPattern: { a: 1, b: 1 }, keyValue: { a: 1, b: 2 } })
    expect(await codeOf(c.updateOne({ b: 1 }, { $set: { b: 2 } }))).toBe(11000)
    expect(await c.countDocuments({ a: 1, b: 1 })).toBe(1)
  })
  it('cannot be made unique over duplicates, and leave nothing behind', async () => {
    const c = await collection({ a: 1 }, { a: 1 })
    expect(await codeOf(c.createIndex({ a: 1 }, { unique: true }))).toBe(11000)
    expect(await c.indexes()).toHaveLength(1)
  })
  it('take a missing field for null where unique, unless sparse', async () => {
    const c = await collection({ _id: id(1) })
    await c.createIndex({ a: 1 }, { unique: true })
    expect(await codeOf(c.insertOne({ _id: id(2) }))).toBe(11000)
    await c.dropIndexes()
    await c.createIndex({ a: 1 }, { unique: true, sparse: true })
    await c.insertOne({ _id: id(2) })
    expect(await c.find().sort({ a: 1 }).toArray()).toHaveLength(2)
    expect(await c.find({ a: null }).toArray()).toHaveLength(2)
  })
  it('hold only what a partial filter lets in', async () => {
    const c = await collection()
    await c.createIndex({ k: 1 }, { unique: true, partialFilterExpression: { status: 'OPEN' } })
    await c.insertMany([
      { k: 1, status: 'DONE' },
      { k: 1, status: 'DONE' },
      { k: 1, status: 'OPEN' },
    ])
    expect(await codeOf(c.insertOne({ k: 1, status: 'OPEN' }))).toBe(11000)
    expect(await codeOf(c.updateOne({ status: 'DONE' }, { $set: { status: 'OPEN' } }))).toBe(11000)
    expect(await c.countDocuments({ k: 1 })).toBe(3)
    expect(await c.countDocuments({ k: 1, status: 'OPEN' })).toBe(1)
  })
  it('index each element of an array, and refuse two arrays side by side', async () => {
    const c = await collection()
    await c.createIndex({ 'l.k': 1, 'l.n': 1 }, { unique: true })
    await c.createIndex({ a: 1, b: 1 })
    await c.insertOne({
      l: [
        { k: 1, n: 1 },
        { k: 2, n: 2 },
      ],
    })
    expect(
      await codeOf(
        c.insertOne({
          l: [
            { k: 9, n: 9 },
            { k: 2, n: 2 },
          ],
        }),
      ),
    ).toBe(11000)
    await c.insertOne({ l: [{ k: 1, n: 2 }] })
    expect(await c.countDocuments({ 'l.k': 1, 'l.n': 2 })).toBe(2)
    expect(await codeOf(c.insertOne({ l: [], a: [1], b: [1] }))).toBe(171)
  })
  it('take 1, 1.0 and a decimal 1.00 for one key', async () => {
    const c = await collection({ k: 1 })
    await c.createIndex({ k: 1 }, { unique: true })
    const { Decimal128, Double, Long } = await import('mongodb')
    for (const k of [new Double(1), Long.fromNumber(1), Decimal128.fromString('1.00')]) expect(await codeOf(c.insertOne({ k }))).toBe(11000)
  })
  it('honour a hint, and refuse one that names no index', async () => {
    const c = await collection({ a: 1 }, { a: 2 })
    await c.createIndex({ a: -1 })
    expect((await c.find({}, { hint: 'a_-1' }).toArray()).map(({ a }) => a)).toEqual([2, 1])
    expect(await codeOf(c.find({}, { hint: 'none' }).toArray())).toBe(2)
  })
  it('take expired documents away', { timeout: 90_000 }, async () => {
    const c = await collection()
    await c.createIndex({ at: 1 }, { expireAfterSeconds: 3600 })
    const past = (hours: number) => new Date(Date.now() - hours * 3_600_000)
    await c.insertMany([
      { _id: id(1), at: past(2) },
      { _id: id(2), at: past(0) },
      { _id: id(3), at: 'never' },
      { _id: id(4) },
      { _id: id(5), at: [past(0), past(2)] },
    ])
    await expect.poll(async () => (await c.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id), { timeout: 80_000 }).toEqual([2, 3, 4])
    await c.db.command({ collMod: c.collectionName, index: { name: 'at_1', expireAfterSeconds: 60 } })
    expect((await c.indexes())[1]).toMatchObject({ expireAfterSeconds: 60 })
  })
})

// A small linear generator keeps the run the same every time.
const random = (seed: number) => {
  let state = seed
  return (below: number) => {
    state = (state * 1103515245 + 12345) & 0x7fffffff
    return (state >> 8) % below
  }
}

describe('an answer through an index', () => {
  it('is the answer of a scan, whatever the query, its sort and the index', async () => {
    const next = random(7)
    const value = (): unknown => [null, 0, 1, 2, 2.5, -1, 'a', 'b', new Date(1), true, [1, 2], [], [null], [0, 'a'], { x: 1 }][next(15)]
    const c = await collection()
    await c.insertMany(
      Array.from(
        { length: 120 },
        (_, i): Document => ({
          _id: id(i),
          ...(next(5) ? { a: value() } : {}),
          ...(next(5) ? { b: next(3) ? next(4) : 'z' } : {}),
          n: [{ p: next(3), q: next(3) }, { p: next(3) }].slice(0, next(3)),
        }),
      ),
    )
    const indexes: Document[] = [{ a: 1 }, { a: -1, b: 1 }, { b: 1, a: -1 }, { b: -1, _id: 1 }, { 'n.p': 1, 'n.q': -1 }]
    for (const key of indexes) await c.createIndex(key)
    await c.createIndex({ b: 1 }, { name: 'sparse', sparse: true })
    await c.createIndex({ a: 1 }, { name: 'partial', partialFilterExpression: { b: { $gte: 1 } } })
    const condition = (): unknown =>
      [
        value(),
        { $gt: value() },
        { $gte: next(3), $lt: next(4) },
        { $in: [value(), value()] },
        { $ne: value() },
        { $exists: next(2) === 1 },
        { $lte: 1, $gt: -1 },
        { $eq: null },
      ][next(8)]
    for (let round = 0; round < 400; round++) {
      const query: Document = {}
      if (next(2)) query.a = condition()
      if (next(2)) query.b = condition()
      if (next(3) === 0) query['n.p'] = next(3)
      if (next(3) === 0) query['n.q'] = { $gte: next(3) }
      if (next(6) === 0) query.$or = [{ a: condition() }, { b: next(4) }]
      const sort: [string, 1 | -1][] = [
        [
          [
            ['b', 1],
            ['_id', 1],
          ],
          [
            ['a', -1],
            ['_id', 1],
          ],
          [
            ['b', -1],
            ['_id', 1],
          ],
          [['_id', -1]],
        ][next(4)] as [string, 1 | -1][],
      ].flat()
      const through = await c
        .find(query, { projection: { _id: 1 } })
        .sort(sort)
        .toArray()
        .catch(error => error.code)
      const scanned = await c
        .find(query, { projection: { _id: 1 }, hint: { $natural: 1 } })
        .sort(sort)
        .toArray()
        .catch(error => error.code)
      expect({ query, sort, found: through }).toEqual({ query, sort, found: scanned })
    }
  })
  it('sorts by a position in an array', async () => {
    const c = await collection(
      { _id: id(1), box: [{ at: 5 }, { at: 1 }] },
      { _id: id(2), box: [{ at: 3 }] },
      { _id: id(3), box: [] },
      { _id: id(4) },
    )
    const sweep = async () =>
      (
        await c
          .find({ 'box.0.at': { $lt: 9 } })
          .sort({ 'box.0.at': 1 })
          .toArray()
      ).map(({ _id }) => _id)
    expect(await sweep()).toEqual([2, 1])
    await c.createIndex({ 'box.0.at': 1 }, { sparse: true })
    expect(await sweep()).toEqual([2, 1])
  })
  it.each([
    ['equal fields, then the sort', { a: 1 }, { b: -1 }, { stage: 'FETCH', inputStage: { stage: 'IXSCAN', indexName: 'a_1_b_-1' } }],
    ['no index', { z: 1 }, {}, { stage: 'COLLSCAN' }],
    ['a sort that no index serves', { a: 1 }, { z: 1 }, { stage: 'SORT' }],
  ] as [string, Document, Document, Document][])('is explained: %s', async (_, query, sort, expected) => {
    const c = await collection({ a: 1, b: 1 })
    await c.createIndex({ a: 1, b: -1 })
    expect((await c.find(query).sort(sort).explain()).queryPlanner.winningPlan).toMatchObject(expected)
  })
  // Only the embedded server writes this line.
  if (!givenUri) {
    it('is logged with its shape when there is no index to take', async () => {
      const c = await collection(...Array.from({ length: 1200 }, (_, i) => ({ _id: id(i), n: i })))
      await c.find({ n: 5 }).toArray()
      await c.find({ _id: id(5) }).toArray()
      const mine = () =>
        log()
          .map(line => JSON.parse(line))
          .filter(({ ns }) => ns === c.namespace)
      await expect
        .poll(mine)
        .toEqual([
          { severity: 'WARNING', message: 'collection scan', ns: c.namespace, documents: 1200, shape: '{"filter":{"n":"?"},"sort":{}}' },
        ])
    })
  }
})
