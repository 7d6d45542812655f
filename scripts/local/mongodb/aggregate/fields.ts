import { type Doc, isDoc, setField } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { fieldOf } from '../query/path.ts'

/** A compiled expression, over the variables of which `ROOT` and `CURRENT` are two. */
export type Evaluate = (scope: Doc) => unknown
/** Compiles an expression; `known` are the variables that it may use. */
type Build = (expression: unknown, known: ReadonlySet<string>) => Evaluate
/** Compiles an operator that decides itself what is evaluated, and when. */
export type Special = Build

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const argumentsOf = (name: string, argument: unknown, wanted: readonly string[]): Doc => {
  if (!isDoc(argument)) return bad(4161100, `${name} only supports an object as its argument`)
  for (const key in argument) if (!wanted.includes(key)) bad(4161101, `${name} found an unknown argument: ${key}`)
  for (const key of wanted) if (!(key in argument)) bad(4161102, `${name} requires '${key}' to be specified`)
  return argument
}

/** The one field that is meant: its whole name, in which dots and dollars have no meaning, the same for every document. */
const constantName = (name: string, value: unknown): string => {
  const given = isDoc(value) && '$literal' in value ? value.$literal : value
  const isPath = given === value && typeof given === 'string' && given.startsWith('$')
  return typeof given === 'string' && !isPath ? given : bad(4161106, `${name} requires 'field' to be a constant string`)
}

const changed = (name: string, input: unknown, field: string, value: unknown): Doc | null => {
  if (input === null || input === undefined) return null
  if (!isDoc(input)) return bad(4161105, `${name} requires 'input' to evaluate to type Object`)
  const result = { ...input }
  if (value === undefined) delete result[field]
  else setField(result, field, value)
  return result
}

/** Operators on a field by its name, which a path cannot reach where the name has dots or dollars in it. */
export const fieldOperators = (build: Build): Record<string, Special> => ({
  $getField: (argument, known) => {
    const whole = isDoc(argument) && 'field' in argument
    const { field, input } = whole ? argumentsOf('$getField', argument, ['field', 'input']) : { field: argument, input: '$$CURRENT' }
    const [name, from] = [constantName('$getField', field), build(input, known)]
    return scope => {
      const doc = from(scope)
      return isDoc(doc) ? fieldOf(doc, name) : undefined
    }
  },
  $setField: (argument, known) => {
    const { field, input, value } = argumentsOf('$setField', argument, ['field', 'input', 'value'])
    const [name, into, evaluate] = [constantName('$setField', field), build(input, known), build(value, known)]
    return scope => changed('$setField', into(scope), name, evaluate(scope))
  },
  $unsetField: (argument, known) => {
    const { field, input } = argumentsOf('$unsetField', argument, ['field', 'input'])
    const [name, from] = [constantName('$unsetField', field), build(input, known)]
    return scope => changed('$unsetField', from(scope), name, undefined)
  },
})
