import { Decimal128, Double, Int32, Long } from 'bson'
import { CommandError } from '../errors.ts'
import {
  addDecimals,
  type Decimal,
  decimalOf,
  divideDecimals,
  type Finite,
  multiplyDecimals,
  parseDecimal,
  toDecimal128,
} from './decimal.ts'
import { isNumber, typeOf } from './types.ts'

const INT_MAX = 2147483647n
const LONG_MAX = 9223372036854775807n
const view = new DataView(new ArrayBuffer(8))

/** The value of a BSON number as a JavaScript number, rounded where it must be. */
export const asNumber = (value: unknown): number => Number(typeOf(value) === 'decimal' ? String(value) : (value as { valueOf(): unknown }))

/** The value of an int or a long as a BigInt. */
export const asBigInt = (value: unknown): bigint => (value instanceof Long ? value.toBigInt() : BigInt(asNumber(value)))

/** An integer argument of a command, from any number type; undefined when it is not one. */
export const asInteger = (value: unknown): number | undefined => {
  if (!isNumber(value)) return undefined
  const result = asNumber(value)
  return Number.isInteger(result) ? result : undefined
}

/** The exact value of any BSON number: a double is the binary fraction that it is, never its shortest text. */
export const exactOf = (value: unknown): Decimal => {
  if (value instanceof Decimal128) return decimalOf(value)
  if (value instanceof Long) return { coefficient: value.toBigInt(), exponent: 0 }
  const plain = asNumber(value)
  if (Number.isNaN(plain)) return 'NaN'
  if (!Number.isFinite(plain)) return plain > 0 ? 'Infinity' : '-Infinity'
  return Number.isInteger(plain) ? { coefficient: BigInt(plain), exponent: 0 } : exactFraction(plain)
}

const exactFraction = (plain: number): Finite => {
  view.setFloat64(0, plain)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  let mantissa = (bits & 0xfffffffffffffn) | (biased ? 1n << 52n : 0n)
  let shift = 1075 - (biased || 1)
  while ((mantissa & 1n) === 0n && shift > 0) {
    mantissa >>= 1n
    shift--
  }
  return { coefficient: (plain < 0 ? -mantissa : mantissa) * 5n ** BigInt(shift), exponent: -shift }
}

/** A number as a decimal for arithmetic; MongoDB takes 15 significant digits of a double. */
export const asDecimal = (value: unknown): Decimal => {
  if (typeOf(value) !== 'double') return exactOf(value)
  const plain = asNumber(value)
  return Number.isFinite(plain) && plain !== 0 ? parseDecimal(plain.toPrecision(15)) : exactOf(value)
}

const integer = (value: bigint, long: boolean): Int32 | Long | undefined => {
  if (!long && value <= INT_MAX && value >= -INT_MAX - 1n) return new Int32(Number(value))
  return value <= LONG_MAX && value >= -LONG_MAX - 1n ? Long.fromBigInt(value) : undefined
}

type Operation = {
  decimals(a: Decimal, b: Decimal): Decimal
  doubles(a: number, b: number): number
  integers(a: bigint, b: bigint): bigint
}

const negative = (value: Decimal): Decimal => multiplyDecimals(value, { coefficient: -1n, exponent: 0 })

export const plus: Operation = { decimals: addDecimals, doubles: (a, b) => a + b, integers: (a, b) => a + b }
export const minus: Operation = { decimals: (a, b) => addDecimals(a, negative(b)), doubles: (a, b) => a - b, integers: (a, b) => a - b }
export const times: Operation = { decimals: multiplyDecimals, doubles: (a, b) => a * b, integers: (a, b) => a * b }

/** Applies an operation with MongoDB's promotion: decimal over double over long over int; undefined when a long overflows. */
export const arithmetic = (operation: Operation, left: unknown, right: unknown) => {
  const [a, b] = [typeOf(left), typeOf(right)]
  if (a === 'decimal' || b === 'decimal') return toDecimal128(operation.decimals(asDecimal(left), asDecimal(right)))
  if (a === 'double' || b === 'double') return new Double(operation.doubles(asNumber(left), asNumber(right)))
  return integer(operation.integers(asBigInt(left), asBigInt(right)), a === 'long' || b === 'long')
}

/** As `arithmetic`, but a long that overflows becomes a double, as in aggregation. */
export const calculate = (operation: Operation, left: unknown, right: unknown) =>
  arithmetic(operation, left, right) ?? new Double(operation.doubles(asNumber(left), asNumber(right)))

/** Quotient: decimal if either is, else double. */
export const divide = (left: unknown, right: unknown) => {
  const divisor = exactOf(right)
  if (typeof divisor === 'object' && divisor.coefficient === 0n) throw new CommandError(2, "can't $divide by zero")
  if (typeOf(left) === 'decimal' || typeOf(right) === 'decimal') return toDecimal128(divideDecimals(asDecimal(left), asDecimal(right)))
  return new Double(asNumber(left) / asNumber(right))
}

/** Remainder with the sign of the dividend. */
export const remainder = (left: unknown, right: unknown) => {
  const [a, b] = [exactOf(left), exactOf(right)]
  if (typeof b === 'object' && b.coefficient === 0n) throw new CommandError(16610, "can't $mod by zero")
  if (typeOf(left) === 'double' || typeOf(right) === 'double') return new Double(asNumber(left) % asNumber(right))
  if (typeof a !== 'object' || typeof b !== 'object') return toDecimal128('NaN')
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (value: Finite) => value.coefficient * 10n ** BigInt(value.exponent - exponent)
  const coefficient = scaled(a) % scaled(b)
  if (typeOf(left) === 'decimal' || typeOf(right) === 'decimal') return toDecimal128({ coefficient, exponent })
  return integer(coefficient, typeOf(left) === 'long' || typeOf(right) === 'long')
}

const towards = { trunc: 0n, floor: -1n, ceil: 1n } as const

/** Rounds to a number of decimal places, keeping the type. */
export const roundTo = (mode: 'round' | 'trunc' | 'floor' | 'ceil', value: unknown, places = 0): unknown => {
  const exact = mode === 'round' || typeOf(value) === 'decimal' ? asDecimal(value) : exactOf(value)
  if (typeof exact !== 'object' || -exact.exponent <= places) return value
  const unit = 10n ** BigInt(-exact.exponent - places)
  const rest = exact.coefficient % unit
  let whole = exact.coefficient / unit
  if (mode === 'round') {
    const twice = (rest < 0n ? -rest : rest) * 2n
    if (twice > unit || (twice === unit && whole % 2n !== 0n)) whole += rest < 0n ? -1n : 1n
  } else if (rest !== 0n && (rest > 0n ? 1n : -1n) === towards[mode]) whole += towards[mode]
  const rounded = toDecimal128({ coefficient: whole, exponent: -places })
  if (typeOf(value) === 'decimal') return rounded
  return typeOf(value) === 'double'
    ? new Double(Number(rounded.toString()))
    : integer(asBigInt(Number(rounded.toString())), typeOf(value) === 'long')
}
