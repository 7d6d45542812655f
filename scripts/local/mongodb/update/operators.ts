import { Int32, Long, Timestamp } from 'bson'
import { clusterTime } from '../bson/cluster-time.ts'
import { compare, equal } from '../bson/key.ts'
import { arithmetic, asBigInt, asInteger, plus, times } from '../bson/number.ts'
import { type Doc, isArray, isDoc, isNumber, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileFilter, type ExpressionCompiler } from '../query/matcher.ts'
import { parseSort, sortKey } from '../query/sort.ts'

/** The new value of a field from its old one; undefined stands for a field that is not there. */
export type Change = (old: unknown, field: string, id: unknown) => unknown
type Operator = (operand: unknown, field: string, expression: ExpressionCompiler) => Change

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const arithmeticOperator =
  (name: '$inc' | '$mul'): Operator =>
  (operand, field) => {
    if (!isNumber(operand))
      return bad(14, `Cannot ${name === '$inc' ? 'increment' : 'multiply'} with non-numeric argument: {${field}: ${String(operand)}}`)
    return (old, where, id) => {
      if (old === undefined) return name === '$inc' ? operand : arithmetic(times, operand, new Int32(0))
      if (!isNumber(old))
        return bad(
          14,
          `Cannot apply ${name} to a value of non-numeric type. {_id: ${String(id)}} has the field '${where}' of non-numeric type ${typeOf(old)}`,
        )
      const result = arithmetic(name === '$inc' ? plus : times, old, operand)
      return (
        result ??
        bad(2, `Failed to apply ${name} operations to current value ((NumberLong)${String(old)}) for document {_id: ${String(id)}}`)
      )
    }
  }

const extreme =
  (direction: number): Operator =>
  operand =>
  old =>
    old === undefined || compare(operand, old) * direction > 0 ? operand : old

const arrayIn = (name: string, old: unknown, field: string): unknown[] => {
  if (old === undefined) return []
  return isArray(old) ? [...old] : bad(2, `The field '${field}' must be an array but is of type ${typeOf(old)} (${name})`)
}

const integer = (name: string, value: unknown) => asInteger(value) ?? bad(2, `The value for ${name} must be an integer value`)

const MODIFIERS = ['$each', '$slice', '$sort', '$position']

const eachOf = (name: string, operand: unknown, allowed: readonly string[]): Doc & { $each: unknown[] } => {
  if (!isDoc(operand) || !('$each' in operand)) return { $each: [operand] }
  const unknown = Object.keys(operand).find(key => !allowed.includes(key))
  if (unknown !== undefined) return bad(2, `Unrecognized clause in ${name}: ${unknown}`)
  return isArray(operand.$each)
    ? { ...operand, $each: operand.$each }
    : bad(2, `The argument to $each in ${name} must be an array but it was of type: ${typeOf(operand.$each)}`)
}

const sorted = (elements: unknown[], sort: unknown): unknown[] => {
  if (isNumber(sort)) return elements.toSorted((a, b) => compare(a, b) * integer('$sort', sort))
  const key = sortKey(
    parseSort(
      isDoc(sort) ? sort : bad(2, 'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields'),
    ),
  )
  const keyed = elements.map(element => ({ element, key: key(isDoc(element) ? element : {}) }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ element }) => element)
}

const push: Operator = operand => {
  const { $each, $position, $sort, $slice } = eachOf('$push', operand, MODIFIERS)
  const position = $position === undefined ? undefined : integer('$position', $position)
  const slice = $slice === undefined ? undefined : integer('$slice', $slice)
  return (old, field) => {
    let elements = arrayIn('$push', old, field)
    elements.splice(position ?? elements.length, 0, ...$each)
    if ($sort !== undefined) elements = sorted(elements, $sort)
    if (slice === undefined) return elements
    return slice < 0 ? elements.slice(slice) : elements.slice(0, slice)
  }
}

const addToSet: Operator = operand => {
  const { $each } = eachOf('$addToSet', operand, ['$each'])
  return (old, field) => {
    const elements = arrayIn('$addToSet', old, field)
    for (const value of $each) if (!elements.some(element => equal(element, value))) elements.push(value)
    return elements
  }
}

const pull: Operator = (operand, _, expression) => {
  const query = isDoc(operand) && !Object.keys(operand)[0]?.startsWith('$')
  const matches = query ? compileFilter(operand, expression) : compileFilter({ v: operand }, expression)
  // The element stands alone, so that one which is an array is not opened; only `$eq` on it must see it whole.
  const wanted = (element: unknown) =>
    query
      ? isDoc(element) && matches(element)
      : isArray(element)
        ? equal(element, operand) || matches({ v: [element] })
        : matches({ v: element })
  return (old, field) => (old === undefined ? undefined : arrayIn('$pull', old, field).filter(element => !wanted(element)))
}

const pullAll: Operator = operand => {
  const values = isArray(operand) ? operand : bad(2, '$pullAll requires an array argument')
  return (old, field) =>
    old === undefined ? undefined : arrayIn('$pullAll', old, field).filter(element => !values.some(value => equal(value, element)))
}

const pop: Operator = operand => {
  const end = integer('$pop', operand)
  if (end !== 1 && end !== -1) return bad(9, `$pop expects 1 or -1, found: ${end}`)
  return (old, field) =>
    old === undefined ? undefined : end === 1 ? arrayIn('$pop', old, field).slice(0, -1) : arrayIn('$pop', old, field).slice(1)
}

const currentDate: Operator = operand => {
  const type = isDoc(operand) ? operand.$type : 'date'
  if (type !== 'date' && type !== 'timestamp')
    return bad(2, 'The $type string field is required to be date or timestamp: {$currentDate: {field : {$type: date/timestamp}}}')
  return () => (type === 'date' ? new Date() : new Timestamp(clusterTime()))
}

const bit: Operator = operand => {
  const steps = Object.entries(isDoc(operand) ? operand : {}).map(([name, value]) => ({ name, value }))
  if (steps.length === 0) return bad(2, '$bit needs a document with and, or, xor')
  return old =>
    steps.reduce<unknown>((value, { name, value: mask }) => {
      if (!['int', 'long'].includes(typeOf(value)) || !['int', 'long'].includes(typeOf(mask)))
        return bad(2, 'Cannot apply $bit to a value of non-integral type')
      const [a, b] = [asBigInt(value), asBigInt(mask)]
      const result =
        name === 'and' ? a & b : name === 'or' ? a | b : name === 'xor' ? a ^ b : bad(2, `The $bit operator does not support ${name}`)
      return typeOf(value) === 'long' || typeOf(mask) === 'long' ? Long.fromBigInt(result) : new Int32(Number(result))
    }, old ?? new Int32(0))
}

const assign: Operator = operand => () => operand

/** The operators that give one field a new value; `$rename` moves and is done apart. */
export const operators: Record<string, Operator> = {
  $set: assign,
  $setOnInsert: assign,
  $unset: () => () => undefined,
  $inc: arithmeticOperator('$inc'),
  $mul: arithmeticOperator('$mul'),
  $min: extreme(-1),
  $max: extreme(1),
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: pullAll,
  $pop: pop,
  $currentDate: currentDate,
  $bit: bit,
}
