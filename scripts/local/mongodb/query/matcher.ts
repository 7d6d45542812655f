import { BSONRegExp } from 'bson'
import type { Fields } from '../bson/fields.ts'
import { compare, equal } from '../bson/key.ts'
import { asInteger, asNumber, remainder } from '../bson/number.ts'
import { asDoc, type BsonType, classOf, type Doc, fieldsOf, isArray, isDoc, isNumber, isTrue, typeNumbers, typeOf } from '../bson/types.ts'
import { CommandError, refuse } from '../errors.ts'
import { compileSchema } from './json-schema.ts'
import { type PathTest, position, someAt } from './path.ts'

export type Matcher = (doc: Doc) => boolean
/** Builds the function of an aggregation expression; given from outside, for expressions and queries need one another. */
export type ExpressionCompiler = (expression: unknown) => (doc: Doc) => unknown

const bad = (message: string): never => {
  throw new CommandError(2, message)
}

const isEmpty = (value: unknown) => value === null || value === undefined

/** Whether a value equals the wanted one; null also stands for a missing field. */
export const equality = (wanted: unknown): PathTest => (isEmpty(wanted) ? isEmpty : value => value !== undefined && equal(value, wanted))

const isNaNValue = (value: unknown) => isNumber(value) && Number.isNaN(asNumber(value))

const range =
  (accept: (order: number) => boolean) =>
  (wanted: unknown): PathTest => {
    const wantedClass = classOf[typeOf(wanted)]
    if (isEmpty(wanted)) return value => isEmpty(value) && accept(0)
    if (typeOf(wanted) === 'regex') return bad('Cannot have a regex as an argument of a comparison')
    if (wantedClass === classOf.minKey || wantedClass === classOf.maxKey)
      return value => value !== undefined && accept(compare(value, wanted))
    if (isNaNValue(wanted)) return value => accept(0) && isNaNValue(value)
    return value => classOf[typeOf(value)] === wantedClass && !isNaNValue(value) && accept(compare(value, wanted))
  }

/** The JavaScript form of a MongoDB regular expression. */
const regexOf = (pattern: string, options = ''): RegExp => {
  for (const option of options) if (!'imsux'.includes(option)) throw new CommandError(51108, `invalid flag in regex options: ${option}`)
  const extended = options.includes('x')
    ? pattern.replace(/\\.|\[(?:\\.|[^\]])*\]|#.*$|\s+/gm, part => (/^[\s#]/.test(part) ? '' : part))
    : pattern
  const flags = [...options].filter(option => 'ims'.includes(option)).join('')
  const inline = /^\(\?([ims]+)\)/.exec(extended)
  try {
    return new RegExp(inline ? extended.slice(inline[0].length) : extended, [...new Set(`${flags}${inline?.[1] ?? ''}u`)].join(''))
  } catch {
    try {
      return new RegExp(extended, flags)
    } catch (cause) {
      throw new CommandError(51091, `Regular expression is invalid: ${String(cause)}`)
    }
  }
}

const regexTest = (value: BSONRegExp): PathTest => {
  const expression = regexOf(value.pattern, value.options)
  return candidate => {
    if (typeof candidate === 'string') return expression.test(candidate)
    return candidate instanceof BSONRegExp && equal(candidate, value)
  }
}

const valueTest = (wanted: unknown): PathTest => (wanted instanceof BSONRegExp ? regexTest(wanted) : equality(wanted))

const list = (name: string, value: unknown): unknown[] => (isArray(value) ? value : bad(`${name} needs an array`))

const isOperators = (value: unknown): value is Doc => {
  if (!isDoc(value)) return false
  for (const name in value) return name.startsWith('$') && name !== '$ref' && name !== '$id' && name !== '$db'
  return false
}

const typeTest = (wanted: unknown): PathTest => {
  const names = (isArray(wanted) ? wanted : [wanted]).map(alias => {
    if (alias === 'number') return 'number'
    const name = typeof alias === 'string' ? alias : typeNumbers[asInteger(alias) ?? 0]
    return name !== undefined && name !== 'missing' && Object.hasOwn(classOf, name)
      ? name
      : bad(`Unknown type name alias: ${String(alias)}`)
  })
  const types = new Set<string>(names.flatMap(name => (name === 'number' ? ['int', 'long', 'double', 'decimal'] : [name])))
  return value => types.has(typeOf(value) satisfies BsonType)
}

const modTest = (value: unknown): PathTest => {
  const [divisor, wanted, ...more] = list('$mod', value).map(part => (isNumber(part) ? Math.trunc(asNumber(part)) : Number.NaN))
  if (divisor === undefined || wanted === undefined || more.length > 0 || Number.isNaN(divisor) || Number.isNaN(wanted))
    return bad('malformed mod, needs to be an array of two numbers')
  if (divisor === 0) return bad('divisor cannot be 0')
  return candidate =>
    isNumber(candidate) && Number.isFinite(asNumber(candidate)) && Math.trunc(asNumber(remainder(candidate, divisor))) === wanted
}

type Leaf = (value: unknown, all: Doc) => PathTest

const leafOperators: Record<string, Leaf> = {
  $eq: value => equality(value),
  $gt: range(order => order > 0),
  $gte: range(order => order >= 0),
  $lt: range(order => order < 0),
  $lte: range(order => order <= 0),
  $in: value => {
    const tests = list('$in', value).map(element => (isOperators(element) ? bad('cannot nest $ under $in') : valueTest(element)))
    return candidate => tests.some(test => test(candidate))
  },
  $type: typeTest,
  $mod: modTest,
  $regex: (value, all) => {
    const [pattern, own] =
      value instanceof BSONRegExp
        ? [value.pattern, value.options]
        : [typeof value === 'string' ? value : bad('$regex has to be a string'), '']
    return regexTest(new BSONRegExp(pattern, typeof all.$options === 'string' ? [...all.$options].sort().join('') : own))
  },
}

const wholeOperators: Record<string, (value: unknown, compile: Compile) => PathTest> = {
  $exists: value => (isTrue(value) ? candidate => candidate !== undefined : candidate => candidate === undefined),
  $size: value => {
    const size = asInteger(value)
    if (size === undefined || size < 0) return bad('Failed to parse $size. Expected a non-negative integer')
    return candidate => isArray(candidate) && candidate.length === size
  },
  $elemMatch: (value, compile) => {
    const test = elementTest(value, compile)
    return candidate =>
      isArray(candidate) &&
      candidate.some((element, i) => {
        const met = test(element)
        if (met) position.index = i
        return met
      })
  },
}

type Compile = (filter: Doc) => Matcher

/** The condition of `$elemMatch` on one element: operators on its value, or a query on its fields. */
const elementTest = (value: unknown, compile: Compile): PathTest => {
  if (!isDoc(value)) return bad('$elemMatch needs an Object')
  if (isOperators(value) && !('$and' in value || '$or' in value || '$nor' in value || '$expr' in value)) {
    const whole = compile({ v: value })
    // The element takes the place of a field, but as a single value: an array inside an array is not opened.
    return element => whole({ v: isArray(element) ? [element] : element })
  }
  const matches = compile(value)
  return element => (isDoc(element) ? matches(element) : isArray(element) && matches(Object.fromEntries(element.entries())))
}

const conditions = (path: string, value: unknown, compile: Compile): Matcher[] => {
  const parts = path.split('.')
  const at =
    (test: PathTest, leaves: boolean): Matcher =>
    doc =>
      someAt(doc, parts, test, leaves)
  if (!isOperators(value)) return [at(valueTest(value), true)]
  const operators = fieldsOf(value)
  return Object.entries(operators).map(([name, operand]): Matcher => {
    const leaf = leafOperators[name]
    if (leaf) return at(leaf(operand, operators), true)
    const whole = wholeOperators[name]
    if (whole) return at(whole(operand, compile), false)
    switch (name) {
      case '$ne':
        return not(at(operand instanceof BSONRegExp ? bad("Can't have regex as arg to $ne.") : equality(operand), true))
      case '$nin':
        return not(at(leafOperators.$in?.(operand, operators) ?? (() => false), true))
      case '$not': {
        if (!(operand instanceof BSONRegExp) && !isOperators(operand)) return bad('$not needs a regex or a document')
        return not(every(conditions(path, operand, compile)))
      }
      case '$all': {
        const tests = list('$all', operand).map(element => {
          const match = isOperators(element) && '$elemMatch' in element
          return match ? every(conditions(path, element, compile)) : at(valueTest(element), true)
        })
        return tests.length > 0 ? every(tests) : () => false
      }
      case '$options':
        return '$regex' in operators ? () => true : bad('$options needs a $regex')
      case '$comment':
        return () => true
      default:
        return bad(`unknown operator: ${name} is not supported by the embedded MongoDB server`)
    }
  })
}

const every = (tests: readonly Matcher[]): Matcher => {
  const [first] = tests
  if (tests.length === 1 && first) return first
  return doc => tests.every(test => test(doc))
}

/** A condition that holds where another does not; it leaves no array position behind. */
const not =
  (test: Matcher): Matcher =>
  doc => {
    const before = position.index
    const met = test(doc)
    position.index = before
    return !met
  }

const clauses = (name: string, value: unknown, compile: Compile): Matcher[] => {
  const branches = list(name, value)
  if (branches.length === 0) bad(`${name} argument must be a non-empty array`)
  return branches.map(branch => (isDoc(branch) ? compile(branch) : bad(`${name} argument's entries must be objects`)))
}

const topLevel = (name: string, value: unknown, compile: Compile, expression: ExpressionCompiler): Matcher => {
  switch (name) {
    case '$and':
      return every(clauses(name, value, compile))
    case '$or': {
      const tests = clauses(name, value, compile)
      return doc => tests.some(test => test(doc))
    }
    case '$nor': {
      const tests = clauses(name, value, compile).map(not)
      return every(tests)
    }
    case '$expr': {
      const evaluate = expression(value)
      return doc => isTrue(evaluate(doc))
    }
    case '$jsonSchema': {
      const violation = compileSchema(asDoc(value))
      return doc => violation(doc) === undefined
    }
    case '$comment':
      return () => true
    case '$where':
    case '$text':
      return refuse(name, 2)
    default:
      return bad(`unknown top level operator: ${name}`)
  }
}

/** The top-level fields that a query looks at; undefined where it may look at any. */
export const fieldsIn = (filter: Doc, into = new Set<string>()): Fields => {
  for (const name in filter) {
    const value = filter[name]
    // Fields are found by the bytes of their names, which are those of the text only in ASCII.
    if (Buffer.byteLength(name) !== name.length) return undefined
    if (!name.startsWith('$')) into.add(name.split('.', 1)[0] ?? name)
    else if (!['$and', '$or', '$nor'].includes(name) || !isArray(value)) return undefined
    else if (!value.every(part => fieldsIn(asDoc(part), into))) return undefined
  }
  return into
}

/** Compiles a query to a function over documents. */
export const compileFilter = (filter: Doc, expression: ExpressionCompiler): Matcher => {
  const compile: Compile = inner =>
    every(
      Object.entries(inner).flatMap(([name, value]) =>
        name.startsWith('$') ? [topLevel(name, value, compile, expression)] : conditions(name, value, compile),
      ),
    )
  return compile(filter)
}
