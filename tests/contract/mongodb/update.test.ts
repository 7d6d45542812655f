import { type Document, Timestamp } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection } = useDatabase()
const id = (n: number) => n as never

// Each row: the document before, the update, the document after; from the examples of MongoDB's manual or by hand.
const cases: [string, Document, Document | Document[], Document][] = [
  ['$set, also of paths not there', { a: 1 }, { $set: { 'b.c': 2, a: 3 } }, { a: 3, b: { c: 2 } }],
  ['$set past the end of an array', { l: [1] }, { $set: { 'l.2': 3 } }, { l: [1, null, 3] }],
  ['$unset of a field and of an element', { a: 1, b: 2, l: [1, 2] }, { $unset: { a: '', 'l.0': '' } }, { b: 2, l: [null, 2] }],
  ['$inc and $mul, of missing fields too', { a: 1, b: 3 }, { $inc: { a: 2, c: 5 }, $mul: { b: 2, d: 7 } }, { a: 3, b: 6, c: 5, d: 0 }],
  ['$min and $max', { a: 5, b: 5 }, { $min: { a: 3, c: 1 }, $max: { b: 3 } }, { a: 3, b: 5, c: 1 }],
  ['$rename', { a: 1, b: 2 }, { $rename: { a: 'x.y' } }, { b: 2, x: { y: 1 } }],
  ['$push of a value', { l: [1] }, { $push: { l: [2], m: 1 } }, { l: [1, [2]], m: [1] }],
  ['$push $each at a position', { l: [1, 2] }, { $push: { l: { $each: [8, 9], $position: 1 } } }, { l: [1, 8, 9, 2] }],
  [
    '$push $each, sorted and cut',
    { l: [{ s: 3 }, { s: 1 }] },
    { $push: { l: { $each: [{ s: 2 }], $sort: { s: -1 }, $slice: 2 } } },
    { l: [{ s: 3 }, { s: 2 }] },
  ],
  ['$push $each, the last ones kept', { l: [1, 2] }, { $push: { l: { $each: [3, 4], $slice: -3 } } }, { l: [2, 3, 4] }],
  ['$addToSet', { l: [1, 2] }, { $addToSet: { l: { $each: [2, 3, 3] }, m: 1 } }, { l: [1, 2, 3], m: [1] }],
  ['$pull by value', { l: [1, 2, 1] }, { $pull: { l: 1 } }, { l: [2] }],
  ['$pull by condition', { l: [1, 5, 9] }, { $pull: { l: { $gte: 5 } } }, { l: [1] }],
  [
    '$pull of documents',
    {
      l: [
        { k: 1, q: 2 },
        { k: 2, q: 2 },
      ],
    },
    { $pull: { l: { k: 1, q: { $gt: 1 } } } },
    { l: [{ k: 2, q: 2 }] },
  ],
  ['$pullAll', { l: [1, 2, 3, 1] }, { $pullAll: { l: [1, 3] } }, { l: [2] }],
  ['$pop at both ends', { l: [1, 2, 3], m: [1, 2, 3] }, { $pop: { l: 1, m: -1 } }, { l: [1, 2], m: [2, 3] }],
  ['$bit', { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  ['$[] takes all elements', { l: [1, 2] }, { $inc: { 'l.$[]': 10 } }, { l: [11, 12] }],
  ['a pipeline', { a: 1, b: 2 }, [{ $set: { c: { $add: ['$a', '$b'] } } }, { $unset: 'a' }], { b: 2, c: 3 }],
]

const refused: [string, Document, Document, number][] = [
  ['an unknown operator', {}, { $nope: { a: 1 } }, 9],
  ['$inc of a string', { a: 'x' }, { $inc: { a: 1 } }, 14],
  ['$inc by a string', { a: 1 }, { $inc: { a: 'x' } }, 14],
  ['$push to what is no array', { a: 1 }, { $push: { a: 1 } }, 2],
  ['two changes of one field', { a: 1 }, { $set: { a: 1 }, $inc: { a: 1 } }, 40],
  ['a change inside a changed field', { a: {} }, { $set: { a: 1, 'a.b': 1 } }, 40],
  ['a field below a number', { a: 1 }, { $set: { 'a.b': 1 } }, 28],
  ['an empty field name', {}, { $set: { 'a.': 1 } }, 56],
  ['a field named by a dollar', {}, { $set: { $a: 1 } }, 52],
  ['a positional operator without a match', { l: [1] }, { $set: { 'l.$': 1 } }, 2],
  ['an array filter that is not there', { l: [1] }, { $set: { 'l.$[x]': 1 } }, 2],
  ['$[] of what is no array', { l: 1 }, { $set: { 'l.$[]': 1 } }, 2],
]

describe('update operators', () => {
  it.each(cases)('%s', async (_, before, update, after) => {
    const c = await collection({ _id: id(1), ...before })
    await c.updateOne({ _id: id(1) }, update)
    expect(await c.findOne()).toEqual({ _id: 1, ...after })
  })
  it.each(refused)('refuses %s and changes nothing', async (_, before, update, code) => {
    const c = await collection({ _id: id(1), ...before })
    // As a command, since the driver refuses some of them itself.
    const result = await c.db.command({ update: c.collectionName, updates: [{ q: {}, u: update }] })
    expect(result.writeErrors[0].code).toBe(code)
    expect(await c.findOne()).toEqual({ _id: 1, ...before })
  })
  it('changes the element that the query met', async () => {
    const c = await collection({
      _id: id(1),
      legs: [
        { k: 'a', n: 1 },
        { k: 'b', n: 1 },
      ],
    })
    await c.updateOne({ 'legs.k': 'b' }, { $inc: { 'legs.$.n': 5 } })
    await c.updateOne({ legs: { $elemMatch: { k: 'a', n: 1 } } }, { $set: { 'legs.$.hit': true } })
    expect((await c.findOne())?.legs).toEqual([
      { k: 'a', n: 1, hit: true },
      { k: 'b', n: 6 },
    ])
  })
  it('changes the elements that array filters choose', async () => {
    const c = await collection({
      _id: id(1),
      legs: [
        { n: 1, f: [1, 5] },
        { n: 9, f: [1, 5] },
      ],
    })
    await c.updateOne({}, { $set: { 'legs.$[l].f.$[f]': 0 } }, { arrayFilters: [{ 'l.n': { $gt: 5 } }, { f: { $gte: 5 } }] })
    expect((await c.findOne())?.legs).toEqual([
      { n: 1, f: [1, 5] },
      { n: 9, f: [1, 0] },
    ])
    expect(await codeOf(c.updateOne({}, { $set: { a: 1 } }, { arrayFilters: [{ x: 1 }] }))).toBe(9)
  })
  it('sets the date or a timestamp of now', async () => {
    const c = await collection({ _id: id(1) })
    const before = Date.now()
    await c.updateOne({}, { $currentDate: { d: true, t: { $type: 'timestamp' } } as Document })
    const found = await c.findOne()
    expect(found?.d.getTime()).toBeGreaterThanOrEqual(before)
    expect(found?.t).toBeInstanceOf(Timestamp)
  })
  it('adds new fields in the order of their names', async () => {
    const c = await collection({ _id: id(1) })
    await c.updateOne({}, { $set: { z: 1, b: 1, a: 1 } })
    expect(Object.keys((await c.findOne()) ?? {})).toEqual(['_id', 'a', 'b', 'z'])
  })
  it('refuses a replacement of many', async () => {
    const c = await collection({ a: 1 })
    expect((await c.db.command({ update: c.collectionName, updates: [{ q: {}, u: { b: 1 }, multi: true }] })).writeErrors[0].code).toBe(9)
  })
})
