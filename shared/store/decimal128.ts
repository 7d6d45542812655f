import { Decimal128 } from 'mongodb'
import type { Decimal } from '../domain/money/decimal.ts'

const MOST_DIGITS = 34
/** So many digits are an exact number. */
const NUMBER_DIGITS = 15
const EXPONENT_BIAS = 6176
const WORD = 2 ** 32
const plain = /^(-?)(\d+)(?:\.(\d+))?$/

/**
 * A decimal as MongoDB keeps it, the same bytes as `Decimal128.fromString` makes of its text (BSON's specification, binary integer form);
 * that one takes several times as long, and a decision writes a hundred of them.
 * @throws BSONError where it has more than 34 digits
 */
export function toDecimal128(value: Decimal): Decimal128 {
  const text = value.toString()
  const [, sign, whole = '', fraction = ''] = plain.exec(text) ?? []
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '')
  if (sign === undefined || digits.length > MOST_DIGITS || fraction.length > EXPONENT_BIAS) return Decimal128.fromString(text)
  const bytes = Buffer.alloc(16)
  let above = 0
  if (digits.length <= NUMBER_DIGITS) {
    const coefficient = Number(digits)
    bytes.writeUInt32LE(coefficient % WORD, 0)
    bytes.writeUInt32LE(Math.floor(coefficient / WORD), 4)
  } else {
    const coefficient = BigInt(digits)
    bytes.writeBigUInt64LE(BigInt.asUintN(64, coefficient), 0)
    bytes.writeUInt32LE(Number(BigInt.asUintN(32, coefficient >> 64n)), 8)
    above = Number(coefficient >> 96n)
  }
  bytes.writeUInt32LE((sign === '-' ? 0x80000000 : 0) + (EXPONENT_BIAS - fraction.length) * 2 ** 17 + above, 12)
  return new Decimal128(bytes)
}
