import { Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId } from 'bson'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compare, compoundKey, keyOf } from '../../../../../scripts/local/mongodb/bson/key.ts'

type Sample = { value: unknown; fraction: { numerator: bigint; denominator: bigint } }

/** A double as a fraction: its hexadecimal digits, read without any of the code under test. */
const ofDouble = (value: number): Sample['fraction'] => {
  let [scaled, denominator] = [value, 1n]
  while (!Number.isInteger(scaled)) {
    scaled *= 2
    denominator *= 2n
  }
  return { numerator: BigInt(scaled), denominator }
}

const int = fc
  .integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
  .map((n): Sample => ({ value: new Int32(n), fraction: { numerator: BigInt(n), denominator: 1n } }))
const long = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map((n): Sample => ({ value: Long.fromBigInt(n), fraction: { numerator: n, denominator: 1n } }))
const near = fc.integer({ min: -400, max: 400 }).chain(n => fc.constantFrom(n, n / 10, n / 100, n / 3))
const double = fc
  .oneof(near, fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e250, max: 1e250 }))
  .map((n): Sample => ({ value: new Double(n), fraction: ofDouble(n) }))
const decimal = fc
  .tuple(
    fc.oneof(fc.bigInt({ min: -400n, max: 400n }), fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n })),
    fc.integer({ min: -40, max: 40 }),
  )
  .map(
    ([digits, exponent]): Sample => ({
      value: Decimal128.fromString(`${digits}E${exponent}`),
      fraction:
        exponent >= 0
          ? { numerator: digits * 10n ** BigInt(exponent), denominator: 1n }
          : { numerator: digits, denominator: 10n ** BigInt(-exponent) },
    }),
  )
const number = fc.oneof(int, long, double, decimal)

const byFraction = (a: Sample, b: Sample) => {
  const difference = a.fraction.numerator * b.fraction.denominator - b.fraction.numerator * a.fraction.denominator
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

describe('keys of numbers', () => {
  it('are in the order of the exact values, across all types', () => {
    fc.assert(
      fc.property(number, number, (a, b) => {
        expect(Buffer.compare(keyOf(a.value), keyOf(b.value))).toBe(byFraction(a, b))
        expect(Math.sign(compare(a.value, b.value))).toBe(byFraction(a, b))
      }),
      { numRuns: 20_000 },
    )
  })
  it('turn round when they descend, and lead whatever follows them', () => {
    fc.assert(
      fc.property(number, number, fc.string(), fc.string(), (a, b, s, t) => {
        const order = byFraction(a, b)
        const [left, right] = [compoundKey([a.value, s], [-1, 1]), compoundKey([b.value, t], [-1, 1])]
        const texts = Buffer.compare(Buffer.from(s), Buffer.from(t))
        expect(Buffer.compare(left, right)).toBe(order === 0 ? texts : -order)
      }),
      { numRuns: 5_000 },
    )
  })
  it('put NaN first and the infinities outside, and take zero without its sign', () => {
    const nan = [new Double(Number.NaN), Decimal128.fromString('NaN')]
    const lowest = [new Double(Number.NEGATIVE_INFINITY), Decimal128.fromString('-Infinity')]
    const zeros = [new Int32(0), new Double(-0), Decimal128.fromString('-0.00'), Long.ZERO]
    const highest = [new Double(Number.POSITIVE_INFINITY), Decimal128.fromString('Infinity')]
    const keys = [nan, lowest, [new Double(-Number.MAX_VALUE)], zeros, [Decimal128.fromString('9E+6144')], highest].map(
      group => new Set(group.map(value => keyOf(value).toString('hex'))),
    )
    expect(keys.map(group => group.size)).toEqual([1, 1, 1, 1, 1, 1])
    const ordered = keys.map(group => [...group][0])
    expect(ordered.toSorted()).toEqual(ordered)
  })
})

describe('keys of all types', () => {
  it('are in the order of BSON', () => {
    const ordered = [
      new MinKey(),
      undefined,
      null,
      new Int32(5),
      '',
      'a',
      'a\0',
      'a\u0001',
      'b',
      '\uffff',
      '\u{10000}',
      {},
      { a: 1 },
      { a: 1, b: 1 },
      { b: 1 },
      { a: 'x' },
      [],
      [1],
      [1, 2],
      [2],
      new ObjectId(),
      false,
      true,
      new Date(-1),
      new Date(0),
      new MaxKey(),
    ]
    const keys = ordered.map(keyOf)
    expect(keys.toSorted(Buffer.compare)).toEqual(keys)
  })
})
