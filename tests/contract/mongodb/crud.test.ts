import { Long, MongoBulkWriteError, ObjectId } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { db, client, collection } = useDatabase()

describe('insert', () => {
  it('gives back what was stored, every type as it was', async () => {
    const c = await collection()
    const document = {
      _id: new ObjectId(),
      text: 'ä\0b',
      when: new Date(0),
      list: [1, null, { a: true }],
      long: Long.fromString('9007199254740993'),
      pattern: /a.b/i,
    }
    await c.insertOne(document)
    expect(await c.findOne({}, { promoteLongs: false })).toEqual(document)
  })
  it('makes an ObjectId where there is no _id, and puts _id first', async () => {
    const c = await collection()
    await c.insertOne({ b: 1, _id: 7 as never })
    await c.insertOne({ a: 1 })
    const documents = await c.find().toArray()
    expect(Object.keys(documents[0] ?? {})).toEqual(['_id', 'b'])
    expect(documents[1]?._id).toBeInstanceOf(ObjectId)
    await c.insertOne({ 1: 'a', _id: 8 as never })
    // Nothing changed, whatever the order in which an object holds such names.
    expect(await c.updateOne({ _id: 8 as never }, { $set: { 1: 'a' } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 })
  })
  it('refuses a second document of the same _id, with the key', async () => {
    const c = await collection({ _id: 1 as never })
    await expect(c.insertOne({ _id: 1 as never })).rejects.toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 1 } })
  })
  it('refuses an _id that is an array', async () => {
    expect(await codeOf((await collection()).insertOne({ _id: [1] as never }))).toBe(53)
  })
  it('stops at the first error when ordered', async () => {
    const c = await collection()
    const error = await c.insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }] as never[]).catch(reason => reason)
    expect(error).toBeInstanceOf(MongoBulkWriteError)
    expect(error.writeErrors.map(({ index, code }: { index: number; code: number }) => [index, code])).toEqual([[1, 11000]])
    expect(await c.countDocuments()).toBe(1)
  })
  it('tries them all when unordered', async () => {
    const c = await collection()
    const error = await c
      .insertMany([{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }] as never[], { ordered: false })
      .catch(reason => reason)
    expect(error.writeErrors.map(({ index }: { index: number }) => index)).toEqual([1, 3])
    expect(await c.countDocuments()).toBe(2)
  })
  it('stores documents of many megabytes', async () => {
    const c = await collection()
    const text = 'x'.repeat(9_000_000)
    await c.insertMany([{ text }, { text }])
    expect((await c.find().toArray()).map(document => document.text.length)).toEqual([9_000_000, 9_000_000])
  })
  it('writes without an answer when none is asked for', async () => {
    const c = await collection()
    await c.insertOne({ _id: 1 as never }, { writeConcern: { w: 0 } })
    await expect.poll(() => c.countDocuments()).toBe(1)
  })
})

describe('update and delete', () => {
  it('counts what matched apart from what changed', async () => {
    const c = await collection({ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 })
    expect(await c.updateMany({ a: 1 }, { $set: { b: 2 } })).toMatchObject({ matchedCount: 2, modifiedCount: 1, upsertedCount: 0 })
  })
  it('upserts with the fields that the query fixes', async () => {
    const c = await collection()
    const result = await c.updateOne(
      { _id: 5 as never, a: 1, 'b.c': { $eq: 2 }, d: { $gt: 3 } },
      { $set: { e: 1 }, $setOnInsert: { f: 1 } },
      { upsert: true },
    )
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 5 })
    expect(await c.findOne()).toEqual({ _id: 5, a: 1, b: { c: 2 }, e: 1, f: 1 })
    await c.updateOne({ _id: 5 as never }, { $setOnInsert: { f: 9 } }, { upsert: true })
    expect((await c.findOne())?.f).toBe(1)
  })
  it('replaces all but the _id', async () => {
    const c = await collection({ _id: 1 as never, a: 1 })
    expect(await c.replaceOne({ a: 1 }, { b: 2 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 })
    expect(await c.findOne()).toEqual({ _id: 1, b: 2 })
    expect(await c.replaceOne({ _id: 9 as never }, { z: 1 }, { upsert: true })).toMatchObject({ upsertedId: 9 })
  })
  it('refuses to change an _id', async () => {
    const c = await collection({ _id: 1 as never })
    expect(await codeOf(c.updateOne({ _id: 1 as never }, { $set: { _id: 2 } }))).toBe(66)
    expect(await codeOf(c.replaceOne({ _id: 1 as never }, { _id: 2 } as never))).toBe(66)
  })
  it('deletes one or all that match', async () => {
    const c = await collection({ a: 1 }, { a: 1 }, { a: 1 }, { a: 2 })
    expect((await c.deleteOne({ a: 1 })).deletedCount).toBe(1)
    expect((await c.deleteMany({ a: 1 })).deletedCount).toBe(2)
    expect(await c.countDocuments()).toBe(1)
  })
  it('honours sort in updateOne', async () => {
    const c = await collection({ _id: 1 as never, n: 1 }, { _id: 2 as never, n: 2 })
    await c.updateOne({}, { $set: { hit: true } }, { sort: { n: -1 } })
    expect(await c.findOne({ hit: true })).toMatchObject({ _id: 2 })
  })
})

describe('findAndModify', () => {
  it('gives the old document, or the new one when asked', async () => {
    const c = await collection({ _id: 1 as never, n: 1 })
    expect(await c.findOneAndUpdate({ _id: 1 as never }, { $inc: { n: 1 } })).toEqual({ _id: 1, n: 1 })
    expect(await c.findOneAndUpdate({ _id: 1 as never }, { $inc: { n: 1 } }, { returnDocument: 'after', projection: { _id: 0 } })).toEqual({
      n: 3,
    })
  })
  it('takes the first by the sort, replaces, removes and upserts', async () => {
    const c = await collection({ _id: 1 as never, n: 1 }, { _id: 2 as never, n: 2 })
    expect(await c.findOneAndDelete({}, { sort: { n: -1 } })).toEqual({ _id: 2, n: 2 })
    expect(await c.findOneAndReplace({ n: 1 }, { m: 1 }, { returnDocument: 'after' })).toEqual({ _id: 1, m: 1 })
    const upserted = await c.findOneAndUpdate(
      { _id: 3 as never },
      { $set: { n: 3 } },
      { upsert: true, returnDocument: 'after', includeResultMetadata: true },
    )
    expect(upserted).toMatchObject({ value: { _id: 3, n: 3 }, lastErrorObject: { updatedExisting: false, upserted: 3, n: 1 } })
    expect(await c.findOneAndUpdate({ _id: 99 as never }, { $set: { n: 3 } })).toBeNull()
  })
  it('reports a duplicate key as its own error', async () => {
    const c = await collection({ _id: 1 as never, k: 1 }, { _id: 2 as never, k: 2 })
    await c.createIndex({ k: 1 }, { unique: true })
    await expect(c.findOneAndUpdate({ _id: 2 as never }, { $set: { k: 1 } })).rejects.toMatchObject({ code: 11000, keyValue: { k: 1 } })
  })
})

describe('bulk writes', () => {
  it('runs all kinds in one, and says what each did', async () => {
    const c = await collection({ _id: 1 as never, n: 1 })
    const result = await c.bulkWrite([
      { insertOne: { document: { _id: 2 as never } } },
      { updateOne: { filter: { _id: 1 as never }, update: { $inc: { n: 1 } } } },
      { updateOne: { filter: { _id: 7 as never }, update: { $set: { n: 7 } }, upsert: true } },
      { replaceOne: { filter: { _id: 2 as never }, replacement: { n: 2 } } },
      { deleteOne: { filter: { _id: 1 as never } } },
    ])
    expect(result).toMatchObject({
      insertedCount: 1,
      matchedCount: 2,
      modifiedCount: 2,
      upsertedCount: 1,
      upsertedIds: { 2: 7 },
      deletedCount: 1,
    })
  })
  it('writes to several collections at once', async () => {
    const [a, b] = [await collection({ _id: 1 as never }), await collection()]
    const result = await client().bulkWrite(
      [
        { name: 'insertOne', namespace: b.namespace, document: { _id: 1 as never } },
        { name: 'updateOne', namespace: a.namespace, filter: { _id: 1 as never }, update: { $set: { n: 1 } } },
        { name: 'updateOne', namespace: a.namespace, filter: { _id: 2 as never }, update: { $set: { n: 1 } }, upsert: true },
        { name: 'deleteOne', namespace: b.namespace, filter: { _id: 1 as never } },
      ],
      { verboseResults: true },
    )
    expect(result).toMatchObject({ insertedCount: 1, matchedCount: 1, modifiedCount: 1, upsertedCount: 1, deletedCount: 1 })
    expect(result.updateResults?.get(2)).toMatchObject({ upsertedId: 2 })
  })
})

describe('counts and distinct values', () => {
  it('counts all, those that match, and those in a window', async () => {
    const c = await collection({ a: 1 }, { a: 1 }, { a: 2 })
    expect([await c.estimatedDocumentCount(), await c.countDocuments({ a: 1 }), await c.countDocuments({}, { skip: 1, limit: 1 })]).toEqual(
      [3, 2, 1],
    )
    expect(await db().collection('none').countDocuments()).toBe(0)
  })
  it('gives each value once, those in arrays too', async () => {
    const c = await collection({ a: [1, 2] }, { a: 2 }, { a: null }, {})
    expect(await c.distinct('a')).toEqual([null, 1, 2])
    expect(await c.distinct('a', { a: 1 })).toEqual([1, 2])
  })
})

describe('collections and databases', () => {
  it('lists and drops them', async () => {
    const c = await collection({ a: 1 })
    expect((await db().listCollections({ name: c.collectionName }).toArray())[0]).toMatchObject({
      name: c.collectionName,
      type: 'collection',
    })
    expect((await client().db().admin().listDatabases({ nameOnly: true })).databases).toContainEqual({ name: db().databaseName })
    expect(await c.drop()).toBe(true)
    expect(await db().listCollections({ name: c.collectionName }).toArray()).toEqual([])
    expect(await c.findOne()).toBeNull()
  })
  it.each(['', 'a..b', '.a', 'a.', 'a$b', 'system.x'])('refuses to create a collection named "%s"', async name => {
    expect(await codeOf(db().command({ create: name }))).toBe(73)
  })
})
