import { Decimal128, type Document } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, givenUri, useDatabase } from './server.ts'

const { collection, db, log } = useDatabase()
const id = (n: unknown) => n as never

const orders = () => [
  { _id: id(1), of: 'a', n: 1 },
  { _id: id(2), of: 'b', n: 2 },
  { _id: id(3), of: ['a', 'c'], n: 3 },
  { _id: id(4), n: 4 },
]
const owners = () => [
  { _id: id('a'), rank: 1, cash: Decimal128.fromString('1.10') },
  { _id: id('b'), rank: 2, cash: Decimal128.fromString('2.20') },
]

const two = async () => {
  const [first, second] = [await collection(...orders()), await collection(...owners())]
  const name = second.collectionName
  return { run: (pipeline: (name: string) => Document[]) => first.aggregate(pipeline(name)).toArray(), first, second }
}

describe('$unionWith', () => {
  it('puts the documents of another collection behind those that are there', async () => {
    const { run } = await two()
    expect(await run(name => [{ $unionWith: name }, { $project: { _id: 1 } }])).toEqual([1, 2, 3, 4, 'a', 'b'].map(_id => ({ _id })))
    expect(await run(coll => [{ $match: { n: 1 } }, { $unionWith: { coll } }, { $count: 'n' }])).toEqual([{ n: 3 }])
  })
  it('shows some fields of each where it is wrapped beside a literal', async () => {
    const c = await collection(
      { _id: 1, k: 'x', held: { of: 'a', by: 'b' }, n: 5 } as never,
      { _id: 2, n: 6, held: [{ of: 'c', by: 'd' }, { by: 'e' }], k: 'x' } as never,
      { _id: 3, held: 'f', k: 'x' } as never,
    )
    const from = { $project: { _id: 0, number: { $literal: 7 }, document: '$$ROOT' } }
    const found = c.aggregate([{ $match: { k: 'x' } }, { $sort: { _id: -1 } }, { $project: { _id: 0, n: 1, 'held.of': 1 } }, from])
    expect(await found.toArray()).toEqual([
      { number: 7, document: {} },
      { number: 7, document: { n: 6, held: [{ of: 'c' }, {}] } },
      { number: 7, document: { held: { of: 'a' }, n: 5 } },
    ])
  })
  it('tells whose each document is where each is wrapped whole beside a literal', async () => {
    const { run } = await two()
    const from = (number: number) => ({ $project: { _id: 0, number: { $literal: number }, document: '$$ROOT' } })
    const pipeline = (coll: string) => [
      { $match: { n: { $gt: 1 } } },
      { $sort: { n: -1 } },
      { $limit: 2 },
      from(0),
      { $unionWith: { coll, pipeline: [{ $match: { rank: { $gte: 1 } } }, { $project: { cash: 1 } }, from(1)] } },
      { $unionWith: { coll, pipeline: [{ $match: { rank: 1 } }, from(2)] } },
      { $unionWith: { coll: 'none', pipeline: [from(3)] } },
    ]
    const wrapped = [
      { number: 0, document: { _id: 4, n: 4 } },
      { number: 0, document: { _id: 3, of: ['a', 'c'], n: 3 } },
      { number: 1, document: { _id: 'a', cash: Decimal128.fromString('1.10') } },
      { number: 1, document: { _id: 'b', cash: Decimal128.fromString('2.20') } },
      { number: 2, document: { _id: 'a', rank: 1, cash: Decimal128.fromString('1.10') } },
    ]
    expect(await run(pipeline)).toEqual(wrapped)
    expect(await run(coll => [...pipeline(coll), { $match: { 'document.cash': { $exists: true } } }])).toEqual(wrapped.slice(2))
  })
  it('takes them through a pipeline of its own, and both through the stages behind it', async () => {
    const { run } = await two()
    const pipeline = (coll: string) => [
      { $match: { n: { $lte: 2 } } },
      { $set: { source: 'orders' } },
      {
        $unionWith: {
          coll,
          pipeline: [
            { $match: { rank: { $gt: 0 } } },
            { $sort: { rank: -1 } },
            { $limit: 1 },
            { $project: { cash: 1 } },
            { $set: { source: 'owners' } },
          ],
        },
      },
      { $sort: { source: -1 } },
    ]
    expect(await run(pipeline)).toEqual([
      { _id: 'b', cash: Decimal128.fromString('2.20'), source: 'owners' },
      { _id: 1, of: 'a', n: 1, source: 'orders' },
      { _id: 2, of: 'b', n: 2, source: 'orders' },
    ])
  })
  it('wraps each collection\u2019s documents in constants', async () => {
    const { run } = await two()
    const pipeline = (coll: string) => [
      { $match: { _id: 2 } },
      { $replaceWith: { kind: { $literal: 'order' }, version: 1, doc: '$$ROOT' } },
      { $unionWith: { coll, pipeline: [{ $match: { _id: 'a' } }, { $replaceWith: { kind: 'owner', version: 2, rank: '$rank' } }] } },
    ]
    expect(await run(pipeline)).toEqual([
      { kind: 'order', version: 1, doc: { _id: 2, of: 'b', n: 2 } },
      { kind: 'owner', version: 2, rank: 1 },
    ])
  })
  it('joins several, one inside another, with the variables of the command', async () => {
    const { first, second } = await two()
    const coll = second.collectionName
    const inner = { $unionWith: { coll, pipeline: [{ $match: { $expr: { $eq: ['$rank', '$$wanted'] } } }] } }
    const outer = { $unionWith: { coll: first.collectionName, pipeline: [{ $match: { n: 4 } }, inner] } }
    const found = await first.aggregate([{ $match: { n: 1 } }, outer, inner], { let: { wanted: 2 } }).toArray()
    expect(found.map(({ _id }) => _id)).toEqual([1, 4, 'b', 'b'])
  })
  it('reads no more than the stages behind it want', async () => {
    const { run } = await two()
    expect(await run(name => [{ $unionWith: name }, { $limit: 5 }, { $count: 'n' }])).toEqual([{ n: 5 }])
    expect(await run(name => [{ $limit: 1 }, { $unionWith: name }, { $count: 'n' }])).toEqual([{ n: 3 }])
  })
  it('finds nothing in a collection that is not there', async () => {
    const c = await collection(...orders())
    expect(await c.aggregate([{ $unionWith: 'none' }, { $count: 'n' }]).toArray()).toEqual([{ n: 4 }])
    expect(
      await db()
        .collection('none')
        .aggregate([{ $unionWith: c.collectionName }, { $count: 'n' }])
        .toArray(),
    ).toEqual([{ n: 4 }])
  })
  it('reads through an index, as a find does', async () => {
    const many = await collection(...Array.from({ length: 3000 }, (_, i) => ({ _id: id(i), k: `k${i % 1500}`, at: i })))
    await many.createIndex({ k: 1, at: -1 })
    const c = await collection({ _id: id('one') })
    const newest = { $unionWith: { coll: many.collectionName, pipeline: [{ $match: { k: 'k7' } }, { $sort: { at: -1 } }, { $limit: 1 }] } }
    expect(await c.aggregate([newest]).toArray()).toEqual([{ _id: 'one' }, { _id: 1507, k: 'k7', at: 1507 }])
    if (!givenUri) expect(log().filter(line => line.includes('collection scan') && line.includes(many.collectionName))).toEqual([])
  })
})

// Each row: the stages over the orders, and what they give; by hand.
const lookups: [string, (from: string) => Document[], Document[]][] = [
  [
    'by two fields',
    from => [
      { $match: { _id: { $lte: 2 } } },
      { $lookup: { from, localField: 'of', foreignField: '_id', pipeline: [{ $project: { rank: 1 } }], as: 'owner' } },
    ],
    [
      { _id: 1, of: 'a', n: 1, owner: [{ _id: 'a', rank: 1 }] },
      { _id: 2, of: 'b', n: 2, owner: [{ _id: 'b', rank: 2 }] },
    ],
  ],
  [
    'by any element of an array, and by none where the field is missing',
    from => [
      { $match: { _id: { $gte: 3 } } },
      { $lookup: { from, localField: 'of', foreignField: '_id', as: 'o' } },
      { $project: { o: '$o.rank' } },
    ],
    [
      { _id: 3, o: [1] },
      { _id: 4, o: [] },
    ],
  ],
  [
    'by missing fields on both sides',
    from => [
      { $match: { _id: 4 } },
      { $lookup: { from, localField: 'of', foreignField: 'none', as: 'o' } },
      { $project: { o: { $size: '$o' } } },
    ],
    [{ _id: 4, o: 2 }],
  ],
  [
    'by a pipeline with variables',
    from => [
      { $match: { _id: { $lte: 2 } } },
      {
        $lookup: {
          from,
          let: { n: '$n' },
          pipeline: [{ $match: { $expr: { $lt: ['$rank', '$$n'] } } }, { $replaceWith: { lower: '$rank' } }],
          as: 'o.p',
        },
      },
      { $project: { o: 1 } },
    ],
    [
      { _id: 1, o: { p: [] } },
      { _id: 2, o: { p: [{ lower: 1 }] } },
    ],
  ],
]

describe('$lookup', () => {
  it.each(lookups)('%s', async (_, pipeline, expected) => {
    const { run } = await two()
    expect(await run(pipeline)).toEqual(expected)
  })
})

describe('$facet', () => {
  it('runs several pipelines over the same documents', async () => {
    const { run } = await two()
    const pipeline = (from: string) => [
      {
        $facet: {
          count: [{ $count: 'n' }],
          first: [{ $sort: { n: -1 } }, { $limit: 1 }, { $project: { n: 1 } }],
          owned: [{ $lookup: { from, localField: 'of', foreignField: '_id', as: 'o' } }, { $unwind: '$o' }, { $project: { r: '$o.rank' } }],
          none: [{ $match: { n: 9 } }],
        },
      },
    ]
    expect(await run(pipeline)).toEqual([
      {
        count: [{ n: 4 }],
        first: [{ _id: 4, n: 4 }],
        owned: [
          { _id: 1, r: 1 },
          { _id: 2, r: 2 },
          { _id: 3, r: 1 },
        ],
        none: [],
      },
    ])
  })
})

describe('a join', () => {
  it.each([
    [{ $unionWith: { coll: 'd', pipeline: [{ $nope: 1 }] } }, 40324],
    [{ $lookup: { from: 'd', localField: 'a', foreignField: 'b' } }, 9],
    [{ $lookup: { from: 'd', as: 'd' } }, 9],
    [{ $lookup: { from: 'd', pipeline: [{ $match: { $nope: 1 } }], as: 'd' } }, 2],
    [{ $facet: { a: [{ $facet: { b: [] } }] } }, 40600],
    [{ $facet: {} }, 40169],
    [{ $lookup: { from: 'd', pipeline: [{ $match: { $expr: '$$none' } }], as: 'd' } }, 17276],
  ])('refuses %j', async (stage, code) => {
    const c = await collection({ a: 1 })
    expect(await codeOf(c.aggregate([stage]).toArray())).toBe(code)
  })
})
