import {
  type Binary,
  type BSONRegExp,
  type BSONSymbol,
  type Code,
  Decimal128,
  Double,
  Int32,
  Long,
  type ObjectId,
  type Timestamp,
} from 'bson'
import { asNumber, exactOf } from './number.ts'
import { type BsonType, classOf, type Doc, fieldsOf, isArray, typeOf } from './types.ts'

/*
 * One byte string for every BSON value, whose order under memcmp is MongoDB's order of values. Each encoding is
 * prefix-free, so a compound key is a concatenation and a descending field is the complement of its bytes.
 */

let out = Buffer.allocUnsafe(4096)
let at = 0

const room = (bytes: number) => {
  if (at + bytes <= out.length) return
  const wider = Buffer.allocUnsafe(Math.max(out.length * 2, at + bytes))
  out.copy(wider, 0, 0, at)
  out = wider
}

const byte = (value: number) => {
  room(1)
  out[at++] = value
}

const bytes = (value: Uint8Array) => {
  room(value.length)
  out.set(value, at)
  at += value.length
}

/** UTF-8 ended by 0x00; 0x00 and 0x01 inside it become 0x01 0x01 and 0x01 0x02. */
const text = (value: string) => {
  const start = at
  room(value.length * 3 + 1)
  at += out.write(value, at, 'utf8')
  let special = 0
  for (let i = start; i < at; i++) if ((out[i] ?? 0) < 2) special++
  if (special > 0) {
    const plain = Buffer.from(out.subarray(start, at))
    at = start
    room(plain.length + special + 1)
    for (const code of plain) {
      if (code < 2) out[at++] = 1
      out[at++] = code < 2 ? code + 1 : code
    }
  }
  byte(0)
}

/** 0.d1d2… × 10^exponent: sign, biased exponent, pairs of digits, end; complemented when negative. */
const digits = (negative: boolean, decimal: string, scale: number) => {
  let end = decimal.length
  while (end > 0 && decimal.charCodeAt(end - 1) === 48) end--
  if (end === 0) return byte(0x04)
  room(end + 8)
  out[at++] = negative ? 0x03 : 0x05
  const start = at
  at = out.writeUInt16BE(decimal.length + scale + 32768, at)
  for (let i = 0; i < end; i += 2) {
    const second = i + 1 < end ? decimal.charCodeAt(i + 1) - 48 : 0
    out[at++] = (decimal.charCodeAt(i) - 48) * 10 + second + 1
  }
  out[at++] = 0
  if (negative) complement(start)
}

const complement = (start: number) => {
  for (let i = start; i < at; i++) out[i] = ~(out[i] ?? 0)
}

const numeric = (value: unknown) => {
  if (!(value instanceof Decimal128) && !(value instanceof Long)) {
    const plain = asNumber(value)
    if (Number.isSafeInteger(plain)) return digits(plain < 0, String(Math.abs(plain)), 0)
  }
  const exact = exactOf(value)
  if (exact === 'NaN') return byte(0x01)
  if (exact === '-Infinity') return byte(0x02)
  if (exact === 'Infinity') return byte(0x06)
  const negative = exact.coefficient < 0n
  digits(negative, (negative ? -exact.coefficient : exact.coefficient).toString(), exact.exponent)
}

const document = (value: Doc) => {
  const fields = fieldsOf(value)
  for (const name in fields) {
    byte(classOf[typeOf(fields[name])])
    text(name)
    payload(fields[name])
  }
  byte(0)
}

const binary = (value: Binary) => {
  const content = value.value()
  room(5)
  at = out.writeUInt32BE(content.length, at)
  out[at++] = value.sub_type
  bytes(content)
}

const int64 = (value: bigint) => {
  room(8)
  at = out.writeBigUInt64BE(BigInt.asUintN(64, value), at)
}

const array = (value: unknown) => {
  for (const element of value as unknown[]) write(element)
  byte(0)
}

const regex = (value: unknown) => {
  text((value as BSONRegExp).pattern)
  text((value as BSONRegExp).options)
}

const scoped = (value: unknown) => {
  text(String((value as Code).code))
  document(((value as Code).scope ?? {}) as Doc)
}

const payloads: { [type in BsonType]?: (value: unknown) => void } = {
  int: numeric,
  long: numeric,
  double: numeric,
  decimal: numeric,
  string: value => text(value as string),
  symbol: value => text((value as BSONSymbol).valueOf()),
  object: value => document(value as Doc),
  array,
  binData: value => binary(value as Binary),
  objectId: value => bytes((value as ObjectId).id),
  bool: value => byte(value ? 1 : 0),
  date: value => int64(BigInt((value as Date).getTime()) + (1n << 63n)),
  timestamp: value => int64((value as Timestamp).toBigInt()),
  regex,
  javascript: value => text(String((value as Code).code)),
  javascriptWithScope: scoped,
}

const payload = (value: unknown) => payloads[typeOf(value)]?.(value)

const write = (value: unknown) => {
  byte(classOf[typeOf(value)])
  payload(value)
}

/** The key of one value. */
export const keyOf = (value: unknown): Buffer => compoundKey([value], [1])

/** The key of several values; a direction below zero turns that value's order round. */
export const compoundKey = (values: readonly unknown[], directions: readonly number[]): Buffer => {
  at = 0
  for (let i = 0; i < values.length; i++) {
    const start = at
    write(values[i])
    if ((directions[i] ?? 1) < 0) complement(start)
  }
  return Buffer.from(out.subarray(0, at))
}

const simple = (value: unknown): value is Int32 | Double | number =>
  value instanceof Int32 || value instanceof Double || typeof value === 'number'

/** MongoDB's order of two values: below, at or above zero. */
export const compare = (left: unknown, right: unknown): number => {
  if (left === right) return 0
  if (simple(left) && simple(right)) {
    const [a, b] = [Number(left), Number(right)]
    if (a < b) return -1
    if (a > b) return 1
    if (a === b) return 0
  }
  if (typeof left === 'string' && typeof right === 'string') return Buffer.compare(Buffer.from(left), Buffer.from(right))
  const classes = classOf[typeOf(left)] - classOf[typeOf(right)]
  if (classes !== 0) return classes
  if (left instanceof Date && right instanceof Date) return left.getTime() - right.getTime()
  return Buffer.compare(keyOf(left), keyOf(right))
}

/** Whether two values are the same to MongoDB: 1, 1.0 and Decimal 1.00 are. */
export const equal = (left: unknown, right: unknown): boolean => {
  if (left === right) return true
  if (typeof left === 'string' && typeof right === 'string') return false
  if (isArray(left) && isArray(right) && left.length !== right.length) return false
  return compare(left, right) === 0
}
