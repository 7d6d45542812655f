import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'bson'
import { toDecimal128 } from '../bson/decimal.ts'
import { compare, equal } from '../bson/key.ts'
import { asDecimal, asInteger, asNumber, calculate, divide, minus, plus, remainder, roundTo, times } from '../bson/number.ts'
import { isArray, isDoc, isNumber, isTrue, number, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'

type Operator = { arity: readonly [number, number]; apply(values: unknown[]): unknown; spreads?: boolean }

const ANY = [0, Number.POSITIVE_INFINITY] as const
const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}
const isEmpty = (value: unknown) => value === undefined || value === null

const comparison = (accept: (order: number) => boolean): Operator => ({ arity: [2, 2], apply: ([a, b]) => accept(compare(a, b)) })

/** An operator that gives null when any argument is null or missing. */
const strict = (least: number, most: number, apply: (...values: unknown[]) => unknown): Operator => ({
  arity: [least, most],
  apply: values => (values.some(isEmpty) ? null : apply(...values)),
})

const numeric = (name: string, value: unknown) =>
  isNumber(value) ? value : bad(14, `${name} only supports numeric types, not ${typeOf(value)}`)
const text = (name: string, value: unknown) =>
  typeof value === 'string' ? value : bad(16702, `${name} only supports strings, not ${typeOf(value)}`)
const array = (name: string, value: unknown) =>
  isArray(value) ? value : bad(17124, `The argument to ${name} must be an array, but was of type: ${typeOf(value)}`)
const integer = (name: string, value: unknown) => asInteger(value) ?? bad(28690, `${name} needs an integer`)

const plusDates = (values: readonly unknown[]) => {
  const at = values.findIndex(value => value instanceof Date)
  if (at < 0) return undefined
  const ms = values.toSpliced(at, 1).reduce<number>((sum, value) => sum + Math.round(asNumber(numeric('$add', value))), 0)
  return new Date((values[at] as Date).getTime() + ms)
}

const minusDates = (left: unknown, right: unknown) => {
  if (!(left instanceof Date)) return undefined
  if (right instanceof Date) return Long.fromNumber(left.getTime() - right.getTime())
  return new Date(left.getTime() - Math.round(asNumber(numeric('$subtract', right))))
}

const rounding = (mode: 'round' | 'trunc') =>
  strict(1, 2, (value, places) => roundTo(mode, numeric(`$${mode}`, value), places === undefined ? 0 : integer(`$${mode}`, places)))

const toText = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof ObjectId) return value.toHexString()
  if (isDoc(value) || isArray(value) || value instanceof Binary)
    return bad(241, `Unsupported conversion from ${typeOf(value)} to string in $convert`)
  return String(value)
}

const parsed = (target: string, value: unknown): unknown => {
  if (typeof value === 'boolean') return new Int32(value ? 1 : 0)
  if (value instanceof Date) return Long.fromNumber(value.getTime())
  if (isNumber(value)) return value
  if (typeof value !== 'string') return bad(241, `Unsupported conversion from ${typeOf(value)} to ${target} in $convert`)
  try {
    return Decimal128.fromString(value)
  } catch {
    return bad(241, `Failed to parse number '${value}' in $convert`)
  }
}

const extreme = (direction: number): Operator => ({
  arity: ANY,
  spreads: true,
  apply: values =>
    values.reduce((best, value) => (isEmpty(value) ? best : isEmpty(best) || compare(value, best) * direction > 0 ? value : best), null),
})

/** Sum of the numbers among the values; the others do not count. */
const sum = (values: unknown[]): unknown => values.filter(isNumber).reduce((total, value) => calculate(plus, total, value), new Int32(0))

/** Mean of the numbers among the values, or null. */
const average = (values: unknown[]): unknown => {
  const numbers = values.filter(isNumber)
  return numbers.length > 0 ? divide(sum(numbers), number(numbers.length)) : null
}

/** Operators whose arguments are all evaluated before they are applied. */
export const operators: Record<string, Operator> = {
  $eq: comparison(order => order === 0),
  $ne: comparison(order => order !== 0),
  $gt: comparison(order => order > 0),
  $gte: comparison(order => order >= 0),
  $lt: comparison(order => order < 0),
  $lte: comparison(order => order <= 0),
  $cmp: { arity: [2, 2], apply: ([a, b]) => new Int32(Math.sign(compare(a, b))) },
  $not: { arity: [1, 1], apply: ([value]) => !isTrue(value) },
  $add: {
    arity: ANY,
    apply: values =>
      values.some(isEmpty) ? null : (plusDates(values) ?? values.reduce((a, b) => calculate(plus, a, numeric('$add', b)), new Int32(0))),
  },
  $subtract: strict(2, 2, (a, b) => minusDates(a, b) ?? calculate(minus, numeric('$subtract', a), numeric('$subtract', b))),
  $multiply: {
    arity: ANY,
    apply: values => (values.some(isEmpty) ? null : values.reduce((a, b) => calculate(times, a, numeric('$multiply', b)), new Int32(1))),
  },
  $divide: strict(2, 2, (a, b) => divide(numeric('$divide', a), numeric('$divide', b))),
  $mod: strict(2, 2, (a, b) => remainder(numeric('$mod', a), numeric('$mod', b))),
  $abs: strict(1, 1, value => (compare(numeric('$abs', value), 0) < 0 ? calculate(times, value, new Int32(-1)) : value)),
  $ceil: strict(1, 1, value => roundTo('ceil', numeric('$ceil', value))),
  $floor: strict(1, 1, value => roundTo('floor', numeric('$floor', value))),
  $round: rounding('round'),
  $trunc: rounding('trunc'),
  $concat: strict(0, Number.POSITIVE_INFINITY, (...values) => values.map(value => text('$concat', value)).join('')),
  $toLower: { arity: [1, 1], apply: ([value]) => (isEmpty(value) ? '' : toText(value).toLowerCase()) },
  $toUpper: { arity: [1, 1], apply: ([value]) => (isEmpty(value) ? '' : toText(value).toUpperCase()) },
  $size: { arity: [1, 1], apply: ([value]) => new Int32(array('$size', value).length) },
  $arrayElemAt: strict(2, 2, (value, at) => array('$arrayElemAt', value).at(integer('$arrayElemAt', at))),
  $first: { arity: [1, 1], apply: ([value]) => (isEmpty(value) ? null : array('$first', value)[0]) },
  $last: { arity: [1, 1], apply: ([value]) => (isEmpty(value) ? null : array('$last', value).at(-1)) },
  $in: {
    arity: [2, 2],
    apply: ([needle, elements]) =>
      (isArray(elements) ? elements : bad(40081, '$in requires an array as a second argument')).some(element => equal(element, needle)),
  },
  $isArray: { arity: [1, 1], apply: ([value]) => isArray(value) },
  $type: { arity: [1, 1], apply: ([value]) => typeOf(value) },
  $toString: strict(1, 1, toText),
  $toDecimal: strict(1, 1, value => toDecimal128(asDecimal(parsed('decimal', value)))),
  $toDouble: strict(1, 1, value => new Double(asNumber(parsed('double', value)))),
  $sum: { arity: ANY, spreads: true, apply: sum },
  $avg: { arity: ANY, spreads: true, apply: average },
  $max: extreme(1),
  $min: extreme(-1),
}
