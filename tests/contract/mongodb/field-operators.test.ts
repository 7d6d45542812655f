import type { Document } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection } = useDatabase()
const id = (n: number) => n as never

// Each row: the document before, the pipeline of the update, the document after.
const updates: [string, Document, Document[], Document][] = [
  [
    'a name with a dollar',
    { a: 1 },
    [{ $replaceWith: { $setField: { field: { $literal: '$a' }, input: '$$ROOT', value: 2 } } }],
    { a: 1, $a: 2 },
  ],
  ['a name with a dot', { a: {} }, [{ $set: { a: { $setField: { field: 'b.c', input: '$a', value: '$_id' } } } }], { a: { 'b.c': 1 } }],
  ['no value', { 'a.b': 1, c: 2 }, [{ $replaceWith: { $setField: { field: 'a.b', input: '$$ROOT', value: '$$REMOVE' } } }], { c: 2 }],
  ['nothing to put it in', { a: null }, [{ $set: { a: { $setField: { field: 'b', input: '$a', value: 1 } } } }], { a: null }],
  ['a field to take away', { 'a.b': 1, c: 2 }, [{ $replaceWith: { $unsetField: { field: 'a.b', input: '$$ROOT' } } }], { c: 2 }],
  [
    'a field to read',
    { 'a.b': 1, c: { $d: 2 } },
    [{ $set: { e: { $getField: 'a.b' }, f: { $getField: { field: { $literal: '$d' }, input: '$c' } } } }],
    { 'a.b': 1, c: { $d: 2 }, e: 1, f: 2 },
  ],
  ['a field that is not there', { a: 1 }, [{ $set: { b: { $getField: 'x.y' } } }], { a: 1 }],
]

describe('a field that no path reaches', () => {
  it.each(updates)('%s', async (_, before, pipeline, after) => {
    const c = await collection({ _id: id(1), ...before })
    await c.updateOne({}, pipeline)
    expect(await c.findOne()).toEqual({ _id: 1, ...after })
  })
  it.each([
    ['a name that differs from document to document', { $setField: { field: '$a', input: '$$ROOT', value: 1 } }],
    ['a missing argument', { $setField: { field: 'a', input: '$$ROOT' } }],
    ['an unknown argument', { $unsetField: { field: 'a', input: '$$ROOT', value: 1 } }],
    ['a number to put it in', { $setField: { field: 'a', input: 5, value: 1 } }],
  ])('is not for %s', async (_, expression) => {
    const c = await collection({ _id: id(1), a: 'x' })
    expect(await codeOf(c.aggregate([{ $project: { made: expression } }]).toArray())).toEqual(expect.any(Number))
  })
})

describe('$rand', () => {
  it('is a number from 0 to 1, one for a whole command where it is a variable', async () => {
    const c = await collection({ _id: id(1) }, { _id: id(2) })
    const docs = await c.aggregate([{ $project: { own: { $rand: {} }, shared: '$$r' } }], { let: { r: { $rand: {} } } }).toArray()
    const [first, second] = docs
    for (const { own } of docs) expect(own).toSatisfy((value: unknown) => typeof value === 'number' && value >= 0 && value < 1)
    expect(first?.own).not.toBe(second?.own)
    expect(first?.shared).toBe(second?.shared)
    expect(await codeOf(c.aggregate([{ $project: { a: { $rand: { seed: 1 } } } }]).toArray())).toBe(3040501)
  })
})
