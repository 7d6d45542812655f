import { Double } from 'bson'
import { asDoc, type Doc, isArray, isDoc, isTrue, setField } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { fieldOf } from '../query/path.ts'
import { dateOperators } from './dates.ts'
import { type Evaluate, fieldOperators, type Special } from './fields.ts'
import { operators } from './operators.ts'

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

/** Marks a field that an expression takes away. */
const REMOVE = undefined

const along = (value: unknown, parts: readonly string[], at = 0): unknown => {
  const part = parts[at]
  if (part === undefined) return value
  if (isArray(value)) return value.map(element => along(element, parts, at)).filter(element => element !== undefined)
  return isDoc(value) ? along(fieldOf(value, part), parts, at + 1) : undefined
}

const fieldPath = (text: string, known: ReadonlySet<string>): Evaluate => {
  if (!text.startsWith('$$')) {
    const parts = text.slice(1).split('.')
    if (parts.includes('')) bad(40353, `FieldPath must not end with a '.' or be empty: '${text}'`)
    return scope => along(scope.CURRENT, parts)
  }
  const [name = '', ...parts] = text.slice(2).split('.')
  if (name === 'REMOVE') return () => REMOVE
  if (!known.has(name)) bad(17276, `Use of undefined variable: ${name}`)
  return scope => along(scope[name], parts)
}

const part = (argument: unknown, name: string, operator: string): unknown => {
  if (!isDoc(argument) || !(name in argument)) return bad(9, `Missing '${name}' parameter to ${operator}`)
  return argument[name]
}

const pair = (argument: unknown): [unknown, unknown, unknown] => {
  if (isArray(argument))
    return argument.length === 3 ? [argument[0], argument[1], argument[2]] : bad(16020, 'Expression $cond takes exactly 3 arguments')
  return [part(argument, 'if', '$cond'), part(argument, 'then', '$cond'), part(argument, 'else', '$cond')]
}

const list = (argument: unknown, known: ReadonlySet<string>): Evaluate[] =>
  (isArray(argument) ? argument : [argument]).map(one => build(one, known))

/** Operators that decide themselves what is evaluated, and when. */
const specials: Record<string, Special> = {
  $literal: argument => () => argument,
  $and: (argument, known) => {
    const parts = list(argument, known)
    return scope => parts.every(evaluate => isTrue(evaluate(scope)))
  },
  $or: (argument, known) => {
    const parts = list(argument, known)
    return scope => parts.some(evaluate => isTrue(evaluate(scope)))
  },
  $cond: (argument, known) => {
    const [test, yes, no] = pair(argument).map(one => build(one, known))
    return scope => (isTrue(test?.(scope)) ? yes?.(scope) : no?.(scope))
  },
  $rand: argument =>
    Object.keys(asDoc(argument)).length === 0 ? () => new Double(Math.random()) : bad(3040501, '$rand does not currently accept arguments'),
  $ifNull: (argument, known) => {
    const parts = list(argument, known)
    if (parts.length < 2) bad(1257300, '$ifNull needs at least two arguments')
    return scope => {
      let value: unknown
      for (const evaluate of parts) {
        value = evaluate(scope)
        if (value !== undefined && value !== null) return value
      }
      return value
    }
  },
}

const fieldOperator = (name: string) => (Object.hasOwn(ofFields, name) ? ofFields[name] : undefined)

const operatorOf = (name: string, argument: unknown, known: ReadonlySet<string>): Evaluate => {
  const special = Object.hasOwn(specials, name) ? specials[name] : fieldOperator(name)
  if (special) return special(argument, known)
  const named = Object.hasOwn(dateOperators, name) ? dateOperators[name] : undefined
  if (named) {
    const fields =
      isDoc(argument) && Object.keys(argument).every(key => !key.startsWith('$'))
        ? argument
        : { [named.first]: isArray(argument) ? argument[0] : argument }
    for (const key in fields) if (!named.fields.includes(key)) bad(40535, `Unrecognized parameter to ${name}: ${key}`)
    const inputs = Object.entries(fields).map(([key, value]) => [key, build(value, known)] as const)
    return scope => named.apply(Object.fromEntries(inputs.map(([key, evaluate]) => [key, evaluate(scope)])))
  }
  const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
  if (!operator) return bad(168, `Unrecognized expression '${name}': it is not supported by the embedded MongoDB server`)
  const inputs = list(argument, known)
  const [least, most] = operator.arity
  if (inputs.length < least || inputs.length > most)
    bad(
      16020,
      `Expression ${name} takes ${least === most ? `exactly ${least}` : `${least} to ${most}`} arguments. ${inputs.length} were passed in.`,
    )
  // A single argument that is an array, as in {$max: '$scores'}, offers its elements.
  const spread = operator.spreads && !isArray(argument)
  return scope => {
    const values = inputs.map(evaluate => evaluate(scope))
    return operator.apply(spread && isArray(values[0]) ? values[0] : values)
  }
}

const build = (expression: unknown, known: ReadonlySet<string>): Evaluate => {
  if (typeof expression === 'string' && expression.startsWith('$')) return fieldPath(expression, known)
  if (isArray(expression)) {
    const parts = expression.map(one => build(one, known))
    return scope => parts.map(evaluate => evaluate(scope) ?? null)
  }
  if (!isDoc(expression)) return () => expression
  const [name] = Object.keys(expression)
  if (name?.startsWith('$')) {
    if (Object.keys(expression).length > 1) bad(15983, 'an expression specification must contain exactly one field')
    return operatorOf(name, expression[name], known)
  }
  const fields = Object.entries(expression).map(([field, value]) => [field, build(value, known)] as const)
  return scope => {
    const result: Doc = {}
    for (const [field, evaluate] of fields) {
      const value = evaluate(scope)
      if (value !== undefined) setField(result, field, value)
    }
    return result
  }
}

const ofFields = fieldOperators(build)

/** Compiles an expression to a function over documents; `variables` are those of the command's `let`. */
export const compileExpression = (expression: unknown, variables: Doc): ((doc: Doc) => unknown) => {
  const base: Doc = { NOW: new Date(), ...variables }
  const evaluate = build(expression, new Set([...Object.keys(base), 'ROOT', 'CURRENT']))
  return doc => evaluate({ ...base, ROOT: doc, CURRENT: doc })
}

/** The values of a command's `let`, which may be expressions without fields. */
export const letVariables = (variables: unknown): Doc => {
  if (!isDoc(variables)) return {}
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, compileExpression(value, {})({})]))
}
