import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson'
import { describe, expect, it } from 'vitest'
import { decode, encode } from '../../../../../scripts/local/mongodb/bson/codec.ts'
import { decodeFields } from '../../../../../scripts/local/mongodb/bson/fields.ts'
import { keptOf, projectFields } from '../../../../../scripts/local/mongodb/bson/project-fields.ts'

const values = {
  double: new Double(1.5),
  string: 'é\u0000text',
  object: { inner: { deep: new Int32(1) } },
  array: [new Int32(1), 'two'],
  binary: new Binary(Buffer.from('bytes')),
  objectId: new ObjectId(),
  bool: true,
  date: new Date(5),
  null: null,
  int: new Int32(7),
  timestamp: new Timestamp(9n),
  long: Long.fromNumber(11),
  decimal: Decimal128.fromString('1.10'),
  code: new Code('f()'),
  scoped: new Code('f()', { a: new Int32(1) }),
  least: new MinKey(),
  most: new MaxKey(),
  last: 'end',
}

describe('some fields of an encoded document', () => {
  const bytes = encode(values)

  it.each(Object.entries(values))('give a %s and nothing else', (name, value) => {
    const found = decodeFields(bytes, new Set([name]))
    expect(Object.keys(found)).toEqual([name])
    expect(encode(found)).toEqual(encode({ [name]: value }))
  })

  it('keep their order, and leave out what is not there', () => {
    expect(Object.keys(decodeFields(bytes, new Set(['last', 'double', 'absent'])))).toEqual(['double', 'last'])
  })

  it('are not those whose names only begin alike', () => {
    expect(decodeFields(encode({ ab: 'x', a: 'y' }), new Set(['a']))).toEqual({ a: 'y' })
  })

  it('are all of them where a value does not tell its length', () => {
    const mixed = encode({ a: 'x', pattern: new BSONRegExp('^b', 'i'), c: 'y' })
    expect(decodeFields(mixed, new Set(['c']))).toMatchObject({ a: 'x', c: 'y' })
  })

  it('are all of them when none are named', () => {
    expect(encode(decodeFields(bytes, undefined))).toEqual(bytes)
  })
})

describe('an encoded document with some of its fields', () => {
  const shown = (doc: object, ...paths: string[]) => {
    const kept = keptOf(paths)
    const bytes = kept && projectFields(encode(doc as never), kept)
    return bytes && decode(bytes)
  }

  it.each(Object.entries(values))('has a %s as it stood', (name, value) => {
    expect(projectFields(encode(values), keptOf([name]) ?? new Map())).toEqual(encode({ [name]: value }))
  })

  it('has them in its own order, and within others only what is asked for', () => {
    const doc = { b: { y: 1, x: 2, z: { deep: 3 } }, a: 'one', c: 'two' }
    expect(JSON.stringify(shown(doc, 'c', 'b.z', 'b.x', 'none'))).toBe('{"b":{"x":2,"z":{"deep":3}},"c":"two"}')
  })

  it('leaves out what was to hold others and holds none', () => {
    expect(shown({ a: 1, b: { c: 2 }, d: { e: 'x' } }, 'a.x', 'b.x', 'd.e')).toEqual({ b: {}, d: { e: 'x' } })
  })

  it.each([[['a', 'a.b']], [['a.b', 'a']], [['a.b.c']], [['é']], [['a.']]])('is not made of %j', paths => {
    expect(keptOf(paths)).toBeUndefined()
  })

  it('is not made where an array is on the way, or a value does not tell its length', () => {
    expect(shown({ a: [{ b: 1 }] }, 'a.b')).toBeUndefined()
    expect(shown({ pattern: new BSONRegExp('^b', 'i'), c: 'y' }, 'c')).toBeUndefined()
  })
})
