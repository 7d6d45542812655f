import { Decimal128, type Document, Double, Int32 } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { db } = useDatabase()
let made = 0

const validated = (schema: Document, options: Document = {}) =>
  db().createCollection(`v_${made++}`, { validator: { $jsonSchema: schema }, ...options })

const of = (schema: Document) => ({ properties: { v: schema } })

// Each row: a schema of field v, a value that it accepts, one that it does not.
const rules: [string, Document, unknown, unknown][] = [
  ['bsonType', { bsonType: 'decimal' }, Decimal128.fromString('1'), 1],
  ['bsonType, one of several', { bsonType: ['int', 'null'] }, null, 'x'],
  ['bsonType number', { bsonType: 'number' }, new Double(1.5), 'x'],
  ['type', { type: 'string' }, 'x', 1],
  ['enum', { enum: ['BUY', 'SELL'] }, 'BUY', 'HOLD'],
  ['minimum', { minimum: 0 }, Decimal128.fromString('0'), Decimal128.fromString('-0.01')],
  ['exclusiveMaximum', { maximum: 5, exclusiveMaximum: true }, 4, 5],
  ['multipleOf', { multipleOf: 5 }, 10, 11],
  ['minLength', { minLength: 2 }, 'ab', 'a'],
  ['maxLength', { maxLength: 2 }, 'äö', 'äöü'],
  ['pattern', { pattern: '^[A-Z]+$' }, 'ABC', 'abc'],
  ['required', { required: ['a'] }, { a: 1 }, { b: 1 }],
  ['properties', { properties: { a: { bsonType: 'int' } } }, { a: new Int32(1) }, { a: 'x' }],
  ['additionalProperties', { properties: { a: {} }, additionalProperties: false }, { a: 1 }, { a: 1, b: 2 }],
  ['patternProperties', { patternProperties: { '^x': { bsonType: 'string' } } }, { xa: 'a' }, { xa: 1 }],
  ['items', { items: { bsonType: 'int' } }, [1, 2], [1, 'x']],
  ['items by place', { items: [{ bsonType: 'int' }], additionalItems: false }, [1], [1, 2]],
  ['minItems', { minItems: 1 }, [1], []],
  ['maxItems', { maxItems: 1 }, [1], [1, 2]],
  ['uniqueItems', { uniqueItems: true }, [1, 2], [1, new Double(1)]],
  ['minProperties', { minProperties: 1 }, { a: 1 }, {}],
  ['maxProperties', { maxProperties: 1 }, { a: 1 }, { a: 1, b: 2 }],
  ['allOf', { allOf: [{ minimum: 1 }, { maximum: 2 }] }, 2, 3],
  ['anyOf', { anyOf: [{ bsonType: 'string' }, { minimum: 5 }] }, 'x', 4],
  ['oneOf', { oneOf: [{ minimum: 1 }, { minimum: 5 }] }, 3, 6],
  ['not', { not: { bsonType: 'string' } }, 1, 'x'],
  ['dependencies', { dependencies: { a: ['b'] } }, { a: 1, b: 1 }, { a: 1 }],
]

describe('validators', () => {
  it.each(rules)('decide by %s', async (_, schema, good, bad) => {
    const c = await validated(of(schema))
    await c.insertOne({ v: good })
    expect(await codeOf(c.insertOne({ v: bad }))).toBe(121)
    expect(await codeOf(c.updateOne({}, { $set: { v: bad } }))).toBe(121)
    expect(await c.countDocuments()).toBe(1)
  })
  it('name the document that fails, and why', async () => {
    const c = await validated({ required: ['price'] })
    await expect(c.insertOne({ _id: 7 as never })).rejects.toMatchObject({
      code: 121,
      errInfo: { failingDocumentId: 7, details: { operatorName: '$jsonSchema' } },
    })
  })
  it('may be passed by, warn only, or leave old documents alone', async () => {
    const c = await validated(of({ bsonType: 'int' }))
    await c.insertOne({ v: 'x' }, { bypassDocumentValidation: true })
    expect(await codeOf(c.updateOne({}, { $set: { n: 1 } }))).toBe(121)
    await db().command({ collMod: c.collectionName, validationLevel: 'moderate' })
    await c.updateOne({}, { $set: { n: 1 } })
    expect(await codeOf(c.insertOne({ v: 'x' }))).toBe(121)
    await db().command({ collMod: c.collectionName, validationAction: 'warn' })
    await c.insertOne({ v: 'x' })
    await db().command({ collMod: c.collectionName, validator: {}, validationAction: 'error' })
    await c.insertOne({ v: 'x' })
  })
  it('may be queries, and are listed', async () => {
    const c = await db().createCollection('by_query', { validator: { n: { $gt: 0 } } })
    await c.insertOne({ n: 1 })
    expect(await codeOf(c.insertOne({ n: 0 }))).toBe(121)
    expect((await db().listCollections({ name: 'by_query' }).toArray())[0]).toMatchObject({ options: { validator: { n: { $gt: 0 } } } })
    expect(await codeOf(db().createCollection('by_query'))).toBe(48)
    expect(await codeOf(db().command({ collMod: 'none', validator: {} }))).toBe(26)
  })
})
