import { Decimal128, type Document, Double } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection } = useDatabase()
const id = (n: number) => n as never

const documents = () => [
  { _id: id(1), k: 'a', n: 1, d: Decimal128.fromString('1.10'), l: [1, 2], at: new Date('2024-03-10T06:30:00Z') },
  { _id: id(2), k: 'b', n: 2, d: Decimal128.fromString('2.20'), l: [], at: new Date('2024-03-10T07:30:00Z') },
  { _id: id(3), k: 'a', n: 3, d: Decimal128.fromString('3.30'), at: new Date('2024-12-31T23:59:59Z') },
]
const dec = (text: string) => Decimal128.fromString(text)

// Each row: the stages, and what they give; by hand.
const stages: [string, Document[], Document[]][] = [
  [
    '$match, $sort, $skip, $limit',
    [{ $match: { n: { $gte: 1 } } }, { $sort: { n: -1 } }, { $skip: 1 }, { $limit: 1 }, { $project: { n: 1 } }],
    [{ _id: 2, n: 2 }],
  ],
  [
    '$project with expressions',
    [{ $match: { _id: 1 } }, { $project: { _id: 0, k: 1, twice: { $multiply: ['$n', 2] }, 'sub.m': '$n' } }],
    [{ k: 'a', twice: 2, sub: { m: 1 } }],
  ],
  [
    '$addFields and $unset',
    [{ $match: { _id: 1 } }, { $addFields: { 'x.y': '$k' } }, { $unset: ['d', 'l', 'at', 'n'] }],
    [{ _id: 1, k: 'a', x: { y: 'a' } }],
  ],
  [
    '$unwind',
    [{ $unwind: { path: '$l', includeArrayIndex: 'i' } }, { $project: { l: 1, i: 1 } }],
    [
      { _id: 1, l: 1, i: 0 },
      { _id: 1, l: 2, i: 1 },
    ],
  ],
  [
    '$unwind that keeps empty ones',
    [{ $unwind: { path: '$l', preserveNullAndEmptyArrays: true } }, { $project: { l: 1 } }],
    [{ _id: 1, l: 1 }, { _id: 1, l: 2 }, { _id: 2 }, { _id: 3 }],
  ],
  [
    '$group with every accumulator',
    [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: '$k',
          sum: { $sum: '$d' },
          avg: { $avg: '$n' },
          min: { $min: '$n' },
          max: { $max: '$n' },
          first: { $first: '$n' },
          last: { $last: '$n' },
          all: { $push: '$n' },
          set: { $addToSet: '$k' },
          count: { $sum: 1 },
          number: { $count: {} },
        },
      },
      { $sort: { _id: 1 } },
    ],
    [
      { _id: 'a', sum: dec('4.40'), avg: 2, min: 1, max: 3, first: 1, last: 3, all: [1, 3], set: ['a'], count: 2, number: 2 },
      { _id: 'b', sum: dec('2.20'), avg: 2, min: 2, max: 2, first: 2, last: 2, all: [2], set: ['b'], count: 1, number: 1 },
    ],
  ],
  ['$group of all', [{ $group: { _id: null, n: { $sum: '$n' } } }], [{ _id: null, n: 6 }]],
  ['$count', [{ $match: { k: 'a' } }, { $count: 'n' }], [{ n: 2 }]],
  ['$replaceRoot', [{ $match: { _id: 1 } }, { $replaceRoot: { newRoot: { k: '$k' } } }], [{ k: 'a' }]],
  ['$replaceWith $$ROOT', [{ $match: { _id: 1 } }, { $replaceWith: { r: '$$ROOT._id' } }], [{ r: 1 }]],
]

const expressions: [string, unknown, unknown][] = [
  ['$literal', { $literal: '$n' }, '$n'],
  ['$add', { $add: ['$n', 1.5] }, 2.5],
  ['$add of a date', { $add: ['$at', 1000] }, new Date('2024-03-10T06:30:01Z')],
  ['$subtract', { $subtract: ['$n', 3] }, -2],
  ['$subtract of two dates', { $subtract: ['$at', '$at'] }, 0],
  ['$subtract from a date', { $subtract: ['$at', 1000] }, new Date('2024-03-10T06:29:59Z')],
  ['$multiply of decimals', { $multiply: ['$d', dec('2')] }, dec('2.20')],
  ['$divide', { $divide: ['$n', 4] }, 0.25],
  ['$mod', { $mod: [-7, 3] }, -1],
  ['$abs', { $abs: -4 }, 4],
  ['$round half to even', { $round: [2.5] }, 2],
  ['$trunc to places', { $trunc: [dec('1.239'), 2] }, dec('1.23')],
  ['$floor', { $floor: -1.5 }, -2],
  ['$ceil', { $ceil: -1.5 }, -1],
  ['$gt', { $gt: ['$n', 0] }, true],
  ['$cmp', { $cmp: ['$n', 2] }, -1],
  ['$and', { $and: ['$n', { $eq: ['$k', 'a'] }] }, true],
  ['$or', { $or: [0, null] }, false],
  ['$not', { $not: ['$n'] }, false],
  ['$cond', { $cond: [{ $gt: ['$n', 0] }, 'yes', 'no'] }, 'yes'],
  ['$cond with names', JSON.parse('{ "$cond": { "if": false, "then": 1, "else": 2 } }'), 2],
  ['$ifNull', { $ifNull: ['$none', '$k'] }, 'a'],
  ['$concat', { $concat: ['$k', '-', '$k'] }, 'a-a'],
  ['$concat with null', { $concat: ['$k', null] }, null],
  ['$size', { $size: '$l' }, 2],
  ['$arrayElemAt', { $arrayElemAt: ['$l', -1] }, 2],
  ['$in', { $in: [2, '$l'] }, true],
  ['$toString', { $toString: '$d' }, '1.10'],
  ['$toDecimal', { $toDecimal: '1.50' }, dec('1.50')],
  ['$max of a list', { $max: '$l' }, 2],
  ['$sum of a list', { $sum: '$l' }, 3],
  ['$dateToString', { $dateToString: { date: '$at', format: '%Y-%m-%d %H:%M' } }, '2024-03-10 06:30'],
  [
    '$dateToString before a change of the clocks',
    { $dateToString: { date: '$at', format: '%H:%M%z', timezone: 'America/New_York' } },
    '01:30-0500',
  ],
  [
    '$dateTrunc to the day of a zone',
    { $dateTrunc: { date: '$at', unit: 'day', timezone: 'America/New_York' } },
    new Date('2024-03-10T05:00:00Z'),
  ],
  ['$dateTrunc to the month', { $dateTrunc: { date: '$at', unit: 'month' } }, new Date('2024-03-01T00:00:00Z')],
]

describe('aggregation', () => {
  it.each(stages)('%s', async (_, pipeline, expected) => {
    const c = await collection(...documents())
    expect(await c.aggregate(pipeline).toArray()).toEqual(expected)
  })
  it.each(expressions)('%s', async (_, expression, expected) => {
    const c = await collection(...documents().slice(0, 1))
    expect(await c.aggregate([{ $replaceWith: { v: expression } }]).toArray()).toEqual([{ v: expected }])
  })
  it('sums int, long, double and decimal to the widest of them', async () => {
    const c = await collection({ v: 1 }, { v: new Double(0.5) }, { v: dec('0.10') }, { v: 'none' })
    const [sum] = await c
      .aggregate([
        { $group: { _id: null, v: { $sum: '$v' } } },
        { $project: { exact: { $eq: ['$v', dec('1.6')] }, type: { $type: '$v' } } },
      ])
      .toArray()
    expect(sum).toEqual({ _id: null, exact: true, type: 'decimal' })
  })
  it('gives long results in batches', async () => {
    const c = await collection(...Array.from({ length: 250 }, (_, i) => ({ i })))
    expect(await c.aggregate([{ $match: { i: { $gte: 0 } } }], { batchSize: 20 }).toArray()).toHaveLength(250)
  })
  it.each([
    [{ $nope: 1 }, 40324],
    [{ $match: { $expr: { $nope: 1 } } }, 168],
    [{ $group: { _id: 1, a: { $nope: 1 } } }, 15952],
    [{ $limit: 0 }, 15958],
  ])('refuses %j', async (stage, code) => {
    const c = await collection({ a: 1 })
    expect(await codeOf(c.aggregate([stage]).toArray())).toBe(code)
  })
})
