import { type Document, Double, Int32, Long, ObjectId } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection } = useDatabase()

const id = (n: number) => n as never
const ids = (documents: Document[]) => documents.map(({ _id }) => _id)

const documents = () => [
  { _id: id(1), a: 1, s: 'abc', tags: ['x', 'y'], sub: { b: 1 } },
  { _id: id(2), a: 2.5, s: 'Abd', tags: [], sub: { b: 2 } },
  {
    _id: id(3),
    a: null,
    s: 'xyz',
    legs: [
      { k: 'p', q: 1 },
      { k: 'q', q: 5 },
    ],
  },
  { _id: id(4), a: [1, 5], legs: [{ k: 'p', q: 5 }] },
  { _id: id(5), when: new Date(10), nested: [[1, 2], [3]] },
]

// Each row: a query and the _ids that MongoDB's documentation of the operator gives for the documents above.
const cases: [string, Document, number[]][] = [
  ['$eq by value', { a: 1 }, [1, 4]],
  ['null finds null and missing', { a: null }, [3, 5]],
  ['$ne leaves out arrays that hold the value', { a: { $ne: 1 } }, [2, 3, 5]],
  ['$gt compares within a type', { a: { $gt: 1 } }, [2, 4]],
  ['$gte null finds null and missing', { a: { $gte: null } }, [3, 5]],
  ['two bounds may be met by two elements', { a: { $gt: 4, $lt: 2 } }, [4]],
  ['$lte', { a: { $lte: 1 } }, [1, 4]],
  ['$in with a pattern', { s: { $in: [/^a/i, 'xyz'] } }, [1, 2, 3]],
  ['$nin', { a: { $nin: [1, null] } }, [2]],
  ['$exists true counts null', { a: { $exists: true } }, [1, 2, 3, 4]],
  ['$exists false', { a: { $exists: false } }, [5]],
  ['$type by name', { a: { $type: 'double' } }, [2]],
  ['$type number and in arrays', { a: { $type: 'number' } }, [1, 2, 4]],
  ['$type array', { a: { $type: 'array' } }, [4]],
  ['$and', { $and: [{ a: 1 }, { s: 'abc' }] }, [1]],
  ['$or', { $or: [{ a: 2.5 }, { s: 'xyz' }] }, [2, 3]],
  ['$nor', { $nor: [{ a: 1 }, { s: 'xyz' }] }, [2, 5]],
  ['$not', { a: { $not: { $gt: 1 } } }, [1, 3, 5]],
  ['$elemMatch on documents', { legs: { $elemMatch: { k: 'p', q: { $gt: 2 } } } }, [4]],
  ['conditions on fields of different elements', { 'legs.k': 'p', 'legs.q': 5 }, [3, 4]],
  ['$elemMatch on values', { a: { $elemMatch: { $gt: 1, $lt: 6 } } }, [4]],
  ['$size', { tags: { $size: 0 } }, [2]],
  ['$all', { tags: { $all: ['y', 'x'] } }, [1]],
  ['$all of $elemMatch', { legs: { $all: [{ $elemMatch: { k: 'p', q: 1 } }, { $elemMatch: { k: 'q' } }] } }, [3]],
  ['$regex with options', { s: { $regex: '^AB', $options: 'i' } }, [1, 2]],
  ['a pattern', { s: /z$/ }, [3]],
  ['$mod', { a: { $mod: [2, 1] } }, [1, 4]],
  ['$expr', { $expr: { $gt: ['$sub.b', 1] } }, [2]],
  ['a position in an array', { 'legs.0.q': 1 }, [3]],
  ['a dotted path', { 'sub.b': { $lt: 2 } }, [1]],
  ['a whole document, in its order', { sub: { b: 1 } }, [1]],
  ['a whole array', { tags: ['x', 'y'] }, [1]],
  ['an array inside an array', { nested: [1, 2] }, [5]],
  ['a date', { when: { $gte: new Date(10) } }, [5]],
  ['$jsonSchema', { $jsonSchema: { required: ['s'], properties: { a: { bsonType: 'int' } } } }, [1]],
  ['$comment', { a: 2.5, $comment: 'why' }, [2]],
]

describe('query operators', () => {
  it.each(cases)('%s', async (_, query, expected) => {
    const c = await collection(...documents())
    expect(ids(await c.find(query).sort({ _id: 1 }).toArray())).toEqual(expected)
  })
  it.each([
    [{ a: { $nope: 1 } }, 2],
    [{ $nope: 1 }, 2],
    [{ $or: [] }, 2],
    [{ a: { $in: 1 } }, 2],
    [{ a: { $mod: [0, 1] } }, 2],
    [{ $jsonSchema: { nope: 1 } }, 9],
  ])('refuses the query %j', async (query, code) => {
    const c = await collection({ a: 1 })
    expect(await codeOf(c.find(query as Document).toArray())).toBe(code)
  })
})

describe('find', () => {
  it('sorts by BSON type, then value; arrays by their least or greatest element', async () => {
    const values = [/x/, new Date(0), true, new ObjectId(), [7], { a: 1 }, 'b', 'a', 2, -1.5, null]
    const c = await collection(...values.map((v, i) => ({ _id: id(i), v })))
    expect(ids(await c.find().sort({ v: 1 }).toArray())).toEqual([10, 9, 8, 4, 7, 6, 5, 3, 2, 1, 0])
    const d = await collection({ _id: id(1), v: [1, 9] }, { _id: id(2), v: [5] }, { _id: id(3) })
    expect(ids(await d.find().sort({ v: 1 }).toArray())).toEqual([3, 1, 2])
    expect(ids(await d.find().sort({ v: -1 }).toArray())).toEqual([1, 2, 3])
  })
  it('skips, limits, and gives batches through getMore', async () => {
    const c = await collection(...Array.from({ length: 250 }, (_, i) => ({ _id: id(i) })))
    expect(ids(await c.find().sort({ _id: -1 }).skip(5).limit(3).toArray())).toEqual([244, 243, 242])
    expect(ids(await c.find().batchSize(7).toArray())).toHaveLength(250)
    expect(await c.find({}, { batchSize: 0 }).toArray()).toHaveLength(250)
    expect(await c.find().limit(-2).toArray()).toHaveLength(2)
  })
  it('forgets a cursor that is closed', async () => {
    const c = await collection(...Array.from({ length: 20 }, (_, i) => ({ i })))
    const cursor = c.find().batchSize(2)
    await cursor.next()
    const { id: cursorId } = cursor
    await cursor.close()
    expect(await codeOf(c.db.command({ getMore: cursorId ?? Long.ONE, collection: c.collectionName }))).toBe(43)
  })
  it('goes on reading while others write and drop', async () => {
    const c = await collection(...Array.from({ length: 300 }, (_, i) => ({ _id: id(i) })))
    const cursor = c.find().sort({ _id: 1 }).batchSize(10)
    await cursor.next()
    await c.deleteMany({ _id: { $gte: id(100) } })
    expect(ids(await cursor.toArray()).filter(n => n < 100)).toHaveLength(99)
  })
  it('ends a cursor whose collection is dropped, with an error', async () => {
    const c = await collection(...Array.from({ length: 300 }, (_, i) => ({ i })))
    const cursor = c.find().batchSize(2)
    await cursor.next()
    await c.drop()
    expect(await codeOf(cursor.toArray())).toBe(175)
  })
  it.each([
    ['inclusion', { a: 1 }, { _id: 1, a: { b: 1, c: 2 } }],
    ['inclusion of a path', { 'a.b': 1, _id: 0 }, { a: { b: 1 } }],
    ['nested form', { a: { c: 1 }, _id: 0 }, { a: { c: 2 } }],
    ['exclusion', { l: 0, _id: 0, d: 0 }, { a: { b: 1, c: 2 } }],
    ['exclusion of a path', { 'a.b': 0, l: 0, d: 0 }, { _id: 1, a: { c: 2 } }],
    ['$slice', { a: 0, d: 0, l: { $slice: -2 } }, { _id: 1, l: [2, 3] }],
    ['$slice with a skip', { a: 0, d: 0, l: { $slice: [1, 1] } }, { _id: 1, l: [2] }],
    ['$elemMatch', { d: { $elemMatch: { k: 2 } } }, { _id: 1, d: [{ k: 2, v: 'b' }] }],
    ['positional', { 'd.$': 1 }, { _id: 1, d: [{ k: 2, v: 'b' }] }],
    ['into arrays', { 'd.v': 1, _id: 0 }, { d: [{ v: 'a' }, { v: 'b' }] }],
    ['an expression', { _id: 0, sum: { $add: ['$a.b', '$a.c'] } }, { sum: 3 }],
  ])('projects by %s', async (_, projection, expected) => {
    const c = await collection({
      _id: id(1),
      a: { b: 1, c: 2 },
      l: [1, 2, 3],
      d: [
        { k: 1, v: 'a' },
        { k: 2, v: 'b' },
      ],
    })
    expect(await c.findOne({ 'd.k': 2 }, { projection: projection as Document })).toEqual(expected)
  })
  it('refuses a projection that both takes and leaves out', async () => {
    expect(await codeOf((await collection({ a: 1 })).findOne({}, { projection: { a: 1, b: 0 } }))).toBe(31254)
  })
  it('uses the variables of let', async () => {
    const c = await collection({ _id: id(1), a: 1 }, { _id: id(2), a: 2 })
    expect(ids(await c.find({ $expr: { $eq: ['$a', '$$wanted'] } }, { let: { wanted: 2 } }).toArray())).toEqual([2])
  })
  it('keeps 1, 1.0 and a long apart as stored, and equal in a query', async () => {
    const c = await collection({ v: new Int32(1) }, { v: new Double(1) }, { v: Long.fromNumber(1) })
    const stored = await c.find({ v: 1 }, { promoteValues: false }).toArray()
    expect(stored.map(({ v }) => v._bsontype)).toEqual(['Int32', 'Double', 'Long'])
  })
})
