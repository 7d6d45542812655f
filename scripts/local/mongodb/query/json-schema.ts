import { compare, equal } from '../bson/key.ts'
import { asInteger, asNumber, remainder } from '../bson/number.ts'
import { asDoc, classOf, type Doc, fieldsOf, isArray, isDoc, isNumber, isTrue, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'

/** What breaks a schema, and where in the value that was looked at. */
type Broken = { at: string; text: string }
type Rule = (value: unknown) => Broken | undefined
/** Says what about a value breaks the schema, or undefined. */
export type Violation = (value: unknown) => string | undefined

const here = (text: string): Broken => ({ at: '', text })
/** Paths are put together on the way out of what is broken, for most documents are not. */
const inside = (name: string | number, broken: Broken | undefined): Broken | undefined =>
  broken && { at: broken.at ? `${name}.${broken.at}` : String(name), text: broken.text }
const textOf = ({ at, text }: Broken) => `${at || 'document'}: ${text}`

const jsonTypes: Record<string, readonly string[]> = {
  object: ['object'],
  array: ['array'],
  number: ['int', 'long', 'double', 'decimal'],
  boolean: ['bool'],
  string: ['string'],
  null: ['null'],
}

const bad = (message: string): never => {
  throw new CommandError(9, `$jsonSchema: ${message}`)
}

const names = (keyword: string, value: unknown): string[] => {
  const list = isArray(value) ? value : [value]
  return list.map(name => (typeof name === 'string' ? name : bad(`${keyword} must be a string or an array of strings`)))
}

const typed = (keyword: string, value: unknown): Rule => {
  const types = new Set(
    names(keyword, value).flatMap(name => {
      const known =
        keyword === 'type' ? jsonTypes[name] : name === 'number' ? jsonTypes.number : Object.hasOwn(classOf, name) ? [name] : undefined
      return known ?? bad(`unknown ${keyword} '${name}'`)
    }),
  )
  return candidate =>
    types.has(typeOf(candidate)) ? undefined : here(`${keyword} is not ${[...types].join(' or ')} but ${typeOf(candidate)}`)
}

const count = (keyword: string, value: unknown): number => asInteger(value) ?? bad(`${keyword} must be an integer`)
const schemas = (keyword: string, value: unknown): Rule[] =>
  (isArray(value) ? value : bad(`${keyword} must be an array`)).map(part => ruleOf(asDoc(part)))
const when = (applies: (value: unknown) => boolean, holds: (value: unknown) => boolean, text: string): Rule => {
  return value => (!applies(value) || holds(value) ? undefined : here(text))
}

const limit = (keyword: string, value: unknown, strict: boolean, sign: number) =>
  when(isNumber, candidate => compare(candidate, value) * sign > 0 || (!strict && equal(candidate, value)), `${keyword} ${String(value)}`)

const isString = (value: unknown) => typeof value === 'string'
const length = (value: unknown) => [...String(value)].length
const sizeOf = (value: unknown) => Object.keys(asDoc(value)).length

const objects = (schema: Doc): Rule => {
  const properties = Object.entries(asDoc(schema.properties)).map(([name, part]) => [name, ruleOf(asDoc(part))] as const)
  const patterns = Object.entries(asDoc(schema.patternProperties)).map(
    ([name, part]) => [new RegExp(name, 'u'), ruleOf(asDoc(part))] as const,
  )
  const known = new Set(properties.map(([name]) => name))
  const others = isDoc(schema.additionalProperties) ? ruleOf(schema.additionalProperties) : undefined
  const closed = schema.additionalProperties === false
  const unknown = (fields: Doc, name: string) => {
    const matching = patterns.filter(([pattern]) => pattern.test(name))
    for (const [, rule] of matching) {
      const broken = rule(fields[name])
      if (broken) return broken
    }
    if (known.has(name) || matching.length > 0) return undefined
    return closed ? here('additionalProperties are not allowed') : others?.(fields[name])
  }
  return value => {
    if (!isDoc(value)) return undefined
    const fields = fieldsOf(value)
    for (const [name, rule] of properties) {
      const broken = Object.hasOwn(fields, name) ? rule(fields[name]) : undefined
      if (broken) return inside(name, broken)
    }
    if (!closed && !others && patterns.length === 0) return undefined
    for (const name in fields) {
      const broken = unknown(fields, name)
      if (broken) return inside(name, broken)
    }
    return undefined
  }
}

const items = (schema: Doc): Rule => {
  const tuple = isArray(schema.items) ? schemas('items', schema.items) : []
  const each = isDoc(schema.items) ? ruleOf(schema.items) : isDoc(schema.additionalItems) ? ruleOf(schema.additionalItems) : undefined
  return value => {
    if (!isArray(value)) return undefined
    if (schema.additionalItems === false && isArray(schema.items) && value.length > tuple.length)
      return here('additionalItems are not allowed')
    for (let i = 0; i < value.length; i++) {
      const broken = (tuple[i] ?? each)?.(value[i])
      if (broken) return inside(i, broken)
    }
    return undefined
  }
}

const dependencies = (value: unknown): Rule => {
  const rules = Object.entries(asDoc(value)).map(
    ([name, rule]) => [name, isArray(rule) ? ruleOf({ required: rule }) : ruleOf(asDoc(rule))] as const,
  )
  return candidate =>
    isDoc(candidate) ? rules.map(([name, rule]) => (name in candidate ? rule(candidate) : undefined)).find(Boolean) : undefined
}

const keywords: Record<string, (value: unknown, schema: Doc) => Rule | undefined> = {
  bsonType: value => typed('bsonType', value),
  type: value => typed('type', value),
  required: value => {
    const wanted = names('required', value)
    return candidate => {
      const missing = isDoc(candidate) ? wanted.find(name => !Object.hasOwn(fieldsOf(candidate), name)) : undefined
      return missing === undefined ? undefined : inside(missing, here('required, but missing'))
    }
  },
  properties: (_, schema) => objects(schema),
  patternProperties: (_, schema) => ('properties' in schema ? undefined : objects(schema)),
  additionalProperties: (_, schema) => ('properties' in schema || 'patternProperties' in schema ? undefined : objects(schema)),
  items: (_, schema) => items(schema),
  additionalItems: () => undefined,
  enum: value => {
    const allowed = isArray(value) ? value : bad('enum must be an array')
    return when(
      () => true,
      candidate => allowed.some(option => equal(option, candidate)),
      `not in enum [${allowed.map(String).join(', ')}]`,
    )
  },
  minimum: (value, schema) => limit('minimum', value, isTrue(schema.exclusiveMinimum), 1),
  maximum: (value, schema) => limit('maximum', value, isTrue(schema.exclusiveMaximum), -1),
  exclusiveMinimum: (_, schema) => ('minimum' in schema ? undefined : bad('exclusiveMinimum needs a minimum')),
  exclusiveMaximum: (_, schema) => ('maximum' in schema ? undefined : bad('exclusiveMaximum needs a maximum')),
  multipleOf: value => when(isNumber, candidate => asNumber(remainder(candidate, value)) === 0, `not a multiple of ${String(value)}`),
  minLength: value => when(isString, candidate => length(candidate) >= count('minLength', value), `minLength ${String(value)}`),
  maxLength: value => when(isString, candidate => length(candidate) <= count('maxLength', value), `maxLength ${String(value)}`),
  pattern: value => {
    const expression = new RegExp(String(value), 'u')
    return when(isString, candidate => expression.test(String(candidate)), `pattern ${String(value)}`)
  },
  minItems: value => when(isArray, candidate => (candidate as unknown[]).length >= count('minItems', value), `minItems ${String(value)}`),
  maxItems: value => when(isArray, candidate => (candidate as unknown[]).length <= count('maxItems', value), `maxItems ${String(value)}`),
  uniqueItems: value =>
    isTrue(value)
      ? when(isArray, candidate => (candidate as unknown[]).every((a, i, all) => !all.slice(i + 1).some(b => equal(a, b))), 'uniqueItems')
      : undefined,
  minProperties: value => when(isDoc, candidate => sizeOf(candidate) >= count('minProperties', value), `minProperties ${String(value)}`),
  maxProperties: value => when(isDoc, candidate => sizeOf(candidate) <= count('maxProperties', value), `maxProperties ${String(value)}`),
  allOf: value => first(schemas('allOf', value)),
  anyOf: value => chosen('anyOf', schemas('anyOf', value), met => met > 0),
  oneOf: value => chosen('oneOf', schemas('oneOf', value), met => met === 1),
  not: value => chosen('not', [ruleOf(asDoc(value))], met => met === 0),
  dependencies: value => dependencies(value),
  title: () => undefined,
  description: () => undefined,
}

const first = (parts: readonly Rule[]): Rule => {
  const [only] = parts
  if (only && parts.length === 1) return only
  return value => {
    for (const part of parts) {
      const broken = part(value)
      if (broken) return broken
    }
    return undefined
  }
}

const chosen =
  (keyword: string, parts: readonly Rule[], accept: (met: number) => boolean): Rule =>
  value => {
    const broken = parts.map(part => part(value)).filter(one => one !== undefined)
    if (accept(parts.length - broken.length)) return undefined
    return here(`${keyword}${broken.length > 0 ? ` (${broken.map(textOf).join('; ')})` : ''}`)
  }

const ruleOf = (schema: Doc): Rule => {
  const parts = Object.entries(schema).flatMap(([keyword, value]) => {
    const build = Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined
    const rule = build ? build(value, schema) : bad(`Unknown $jsonSchema keyword: ${keyword}`)
    return rule ? [rule] : []
  })
  return first(parts)
}

/** Compiles a JSON schema of MongoDB's dialect (draft 4 and `bsonType`); an unknown keyword is an error. */
export const compileSchema = (schema: Doc): Violation => {
  const rule = ruleOf(schema)
  return value => {
    const broken = rule(value)
    return broken && textOf(broken)
  }
}
