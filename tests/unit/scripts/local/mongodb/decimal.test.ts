import { Decimal128 } from 'bson'
import { Decimal } from 'decimal.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addDecimals,
  decimalOf,
  divideDecimals,
  multiplyDecimals,
  toDecimal128,
} from '../../../../../scripts/local/mongodb/bson/decimal.ts'

// The reference: another library, set to the precision and rounding of a Decimal128.
const Reference = Decimal.clone({ precision: 34, rounding: Decimal.ROUND_HALF_EVEN, toExpNeg: -9e15, toExpPos: 9e15 })

const digits = fc.oneof(fc.bigInt({ min: -1000n, max: 1000n }), fc.bigInt({ min: -(10n ** 34n) + 1n, max: 10n ** 34n - 1n }))
const decimal = fc.tuple(digits, fc.integer({ min: -60, max: 60 })).map(([coefficient, exponent]) => `${coefficient}E${exponent}`)

const operations = [
  ['sums', addDecimals, (a: Decimal, b: Decimal) => a.plus(b)],
  ['products', multiplyDecimals, (a: Decimal, b: Decimal) => a.times(b)],
  ['quotients', divideDecimals, (a: Decimal, b: Decimal) => a.div(b)],
] as const

describe('decimal arithmetic', () => {
  it.each(operations)('gives the %s of another library, to 34 digits', (name, own, reference) => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        fc.pre(name !== 'quotients' || !new Reference(b).isZero())
        const result = toDecimal128(own(decimalOf(Decimal128.fromString(a)), decimalOf(Decimal128.fromString(b))))
        expect(new Reference(result.toString()).eq(reference(new Reference(a), new Reference(b)))).toBe(true)
      }),
      { numRuns: 5_000 },
    )
  })
  it('gives back every Decimal128 as it was, digits and exponent', () => {
    fc.assert(
      fc.property(decimal, text => {
        const value = Decimal128.fromString(text)
        expect(toDecimal128(decimalOf(value)).toString()).toBe(value.toString())
      }),
    )
  })
  it.each([
    ['1E+6144', '10', 'Infinity'],
    ['1E-6176', '0.1', '0E-6176'],
    ['9E+6144', '1', '9.000000000000000000000000000000000E+6144'],
  ])('%s times %s is %s', (a, b, expected) => {
    expect(toDecimal128(multiplyDecimals(decimalOf(Decimal128.fromString(a)), decimalOf(Decimal128.fromString(b)))).toString()).toBe(
      expected,
    )
  })
})
