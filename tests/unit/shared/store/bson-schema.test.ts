import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { date, decimal, identifier } from '../../../../shared/messages/codecs.ts'
import { bsonSchema } from '../../../../shared/store/bson-schema.ts'

describe('a schema as a database validator', () => {
  it.each([
    ['text', z.string(), { bsonType: 'string' }],
    ['a bounded text', identifier, { bsonType: 'string' }],
    ['a number', z.number(), { bsonType: 'number' }],
    ['a boolean', z.boolean(), { bsonType: 'bool' }],
    ['nothing', z.null(), { bsonType: 'null' }],
    ['anything', z.unknown(), {}],
    ['an exact decimal', decimal, { bsonType: 'decimal' }],
    ['a moment', date, { bsonType: 'date' }],
    ['one of some words', z.enum(['BUY', 'SELL']), { enum: ['BUY', 'SELL'] }],
    ['one word', z.literal('system'), { enum: ['system'] }],
    ['a decimal or nothing', decimal.nullable(), { anyOf: [{ bsonType: 'null' }, { bsonType: 'decimal' }] }],
    ['one of two kinds', z.union([z.string(), date]), { anyOf: [{ bsonType: 'string' }, { bsonType: 'date' }] }],
    ['a list', z.array(decimal), { bsonType: 'array', items: { bsonType: 'decimal' } }],
    ['a table', z.record(z.string(), decimal), { bsonType: 'object', additionalProperties: { bsonType: 'decimal' } }],
  ])('says what %s is', (_name, schema, expected) => {
    expect(bsonSchema(schema)).toEqual(expected)
  })

  it('requires every field but the optional ones and those with a default', () => {
    const schema = z.object({
      _id: z.string(),
      price: decimal.nullable(),
      note: z.string().optional(),
      count: z.number().default(0),
      nested: z.object({ at: date, maybe: date.nullable().optional() }),
    })
    expect(bsonSchema(schema)).toEqual({
      bsonType: 'object',
      required: ['_id', 'price', 'nested'],
      properties: {
        _id: { bsonType: 'string' },
        price: { anyOf: [{ bsonType: 'null' }, { bsonType: 'decimal' }] },
        note: { bsonType: 'string' },
        count: { bsonType: 'number' },
        nested: {
          bsonType: 'object',
          required: ['at'],
          properties: { at: { bsonType: 'date' }, maybe: { anyOf: [{ bsonType: 'null' }, { bsonType: 'date' }] } },
        },
      },
    })
  })

  it('leaves `required` out where nothing is, since MongoDB takes no empty list', () => {
    expect(bsonSchema(z.object({ note: z.string().optional() }))).toEqual({
      bsonType: 'object',
      properties: { note: { bsonType: 'string' } },
    })
  })

  it('refuses a kind that it does not know', () => {
    expect(() => bsonSchema(z.object({ tags: z.set(z.string()) }))).toThrow('no database form for a zod schema of kind set')
  })
})
