import { Decimal128, Double, Int32, Long } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { codeOf, useDatabase } from './server.ts'

const { collection } = useDatabase()
const dec = (text: string) => Decimal128.fromString(text)
const long = (text: string) => Long.fromString(text)
const exact = { promoteValues: false, promoteLongs: false } as const

// Ascending by value; neighbours that a comparison of texts or of doubles would put the wrong way round.
const ascending = [
  new Double(Number.NaN),
  new Double(Number.NEGATIVE_INFINITY),
  dec('-1E+6000'),
  long('-9223372036854775808'),
  dec('-10'),
  new Int32(-9),
  dec('-0.5'),
  new Int32(0),
  dec('1E-6176'),
  new Double(5e-324),
  new Double(0.1 - 2e-17),
  dec('0.1'),
  new Double(0.1),
  dec('0.10000000000000001'),
  new Int32(2),
  dec('9.99'),
  long('10'),
  new Double(10.5),
  long('9007199254740992'),
  long('9007199254740993'),
  dec('9007199254740993.5'),
  long('9223372036854775807'),
  dec('9223372036854775807.5'),
  new Double(2 ** 63),
  dec('1E+6000'),
  dec('Infinity'),
]

describe('order of numbers', () => {
  it('is by exact value, across all types, with and without an index', async () => {
    const c = await collection(...ascending.map((v, i) => ({ _id: i as never, v })).reverse())
    const sorted = async () => (await c.find().sort({ v: 1 }).toArray()).map(({ _id }) => _id)
    // 0.1 - 2e-17 is 0.1 itself as a double: the two are equal and keep no order between them.
    const expected = ascending.map((_, i) => i)
    const normal = (ids: unknown[]) => ids.filter(i => i !== 10 && i !== 12)
    expect(normal(await sorted())).toEqual(normal(expected))
    await c.createIndex({ v: 1 })
    expect(normal(await sorted())).toEqual(normal(expected))
  })
  it.each([
    [{ $gt: dec('9.99') }, [long('10'), dec('10.00')]],
    [{ $gte: new Int32(10) }, [long('10'), dec('10.00')]],
    [{ $lt: 9 }, [new Int32(2)]],
    [dec('10'), [long('10'), dec('10.00')]],
  ])('decides the comparison %o', async (condition, expected) => {
    const c = await collection({ v: new Int32(2) }, { v: dec('9.99') }, { v: long('10') }, { v: dec('10.00') })
    expect((await c.find({ v: condition }, exact).toArray()).map(({ v }) => v)).toEqual(expected)
  })
})

describe('arithmetic of $inc and $mul', () => {
  it.each([
    ['int + int', new Int32(1), new Int32(2), new Int32(3)],
    ['int + int past 32 bits', new Int32(2147483647), new Int32(1), long('2147483648')],
    ['int + long', new Int32(1), long('2'), long('3')],
    ['int + double', new Int32(1), new Double(0.5), new Double(1.5)],
    ['decimal + int', dec('1.10'), new Int32(2), dec('3.10')],
    ['decimal + decimal, digits kept', dec('0.10'), dec('0.20'), dec('0.30')],
    ['int + decimal', new Int32(1), dec('0.01'), dec('1.01')],
    ['decimal + double, 15 digits', dec('1'), new Double(0.1), dec('1.100000000000000')],
    ['long + decimal', long('9223372036854775807'), dec('0.5'), dec('9223372036854775807.5')],
    ['34 digits, half to even', dec('9999999999999999999999999999999999'), dec('0.5'), dec('1.000000000000000000000000000000000E+34')],
    ['far apart', dec('1E+40'), dec('1E-40'), dec('1.000000000000000000000000000000000E+40')],
    ['infinities', dec('Infinity'), dec('-Infinity'), dec('NaN')],
  ])('$inc: %s', async (_, before, by, after) => {
    const c = await collection({ v: before })
    await c.updateOne({}, { $inc: { v: by } })
    expect((await c.findOne({}, exact))?.v).toEqual(after)
  })
  it.each([
    ['int by int', new Int32(65536), new Int32(65536), long('4294967296')],
    ['decimal by decimal', dec('1.10'), dec('2.0'), dec('2.200')],
    ['decimal by int', dec('-2.5'), new Int32(3), dec('-7.5')],
    ['long by double', long('3'), new Double(0.5), new Double(1.5)],
  ])('$mul: %s', async (_, before, by, after) => {
    const c = await collection({ v: before })
    await c.updateOne({}, { $mul: { v: by } })
    expect((await c.findOne({}, exact))?.v).toEqual(after)
  })
  it('refuses to let a long overflow', async () => {
    const c = await collection({ v: long('9223372036854775807') })
    expect(await codeOf(c.updateOne({}, { $inc: { v: 1 } }))).toBe(2)
  })
  it('keeps money exact over many steps', async () => {
    const c = await collection({ v: dec('0.00') })
    await Promise.all(Array.from({ length: 300 }, () => c.updateOne({}, { $inc: { v: dec('0.01') } })))
    expect((await c.findOne())?.v).toEqual(dec('3.00'))
  })
})
