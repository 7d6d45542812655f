import { assert, bigInt, integer, property } from 'fast-check'
import { Decimal128 } from 'mongodb'
import { describe, expect, it } from 'vitest'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'
import { decimalOf128 } from '../../../../shared/messages/decimal128.ts'
import { toDecimal128 } from '../../../../shared/store/decimal128.ts'

const most = 10n ** 34n - 1n
const scaled = (coefficient: bigint, exponent: number) => new Decimal(coefficient.toString()).times(new Decimal(10).pow(exponent))
const hex = (value: Decimal128) => Buffer.from(value.bytes).toString('hex')

describe('a decimal in the database', () => {
  it.each([bigInt({ min: -most, max: most }), bigInt({ min: -(2n ** 54n), max: 2n ** 54n }), bigInt({ min: -999n, max: 999n })])(
    'has the bytes that the driver makes of its text, and comes back as it was (%#)',
    coefficients =>
      assert(
        property(coefficients, integer({ min: -40, max: 20 }), (coefficient, exponent) => {
          const value = scaled(coefficient, exponent)
          if (value.precision(true) > 34) return
          const stored = toDecimal128(value)
          expect(hex(stored)).toBe(hex(Decimal128.fromString(value.toString())))
          expect(decimalOf128(stored)).toEqual(new Decimal(stored.toString()))
        }),
      ),
  )

  it.each(['0', '-0', '-0.00', '1E+3', '12E+30', '-7E-6176', '9.99E+6144', '18446744073709551616', '9007199254740993', 'NaN', '-Infinity'])(
    'is read as the driver writes %s',
    text => {
      const stored = Decimal128.fromString(text)
      expect(decimalOf128(stored)).toEqual(new Decimal(stored.toString()))
    },
  )

  it('is refused where it has more digits than the database keeps', () => {
    expect(() => toDecimal128(new Decimal(`${'1'.repeat(34)}.5`))).toThrow('inexact rounding')
  })
})
