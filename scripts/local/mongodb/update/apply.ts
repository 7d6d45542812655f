import { runPipeline } from '../aggregate/pipeline.ts'
import { updateStages } from '../aggregate/stages.ts'
import type { Fields } from '../bson/fields.ts'
import { equal } from '../bson/key.ts'
import { type Doc, isArray, isDoc, setField } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileFilter, type ExpressionCompiler } from '../query/matcher.ts'
import { type Change, operators } from './operators.ts'
import { get, type Path, parsePath, resolvePath, set, unset } from './paths.ts'

type Apply = (doc: Doc, options: { inserting: boolean; matched: number | undefined }) => Doc
export type Update = {
  /** Gives the changed document; it may change the one it is given. `matched` is the array position that the query met. */
  apply: Apply
  /** The top-level fields that may change. */
  touched: Fields
  /** The paths that the last application went to; 'any' for a pipeline, which may change anything, undefined for a replacement. */
  paths: readonly Path[] | 'any' | undefined
}

type Step = { path: Path; inserting: boolean; change: Change; to?: Path }

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const byPath = (a: Step, b: Step) => {
  for (let i = 0; i < Math.min(a.path.length, b.path.length); i++) {
    const [left = '', right = ''] = [a.path[i], b.path[i]]
    if (left === right) continue
    const numbers = /^\d+$/.test(left) && /^\d+$/.test(right)
    return numbers ? Number(left) - Number(right) : left < right ? -1 : 1
  }
  return a.path.length - b.path.length
}

const stepsOf = (update: Doc, expression: ExpressionCompiler): Step[] =>
  Object.entries(update).flatMap(([name, fields]) => {
    const operator = Object.hasOwn(operators, name) ? operators[name] : undefined
    if (!operator && name !== '$rename')
      return bad(9, `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`)
    if (!isDoc(fields))
      return bad(
        9,
        `Modifiers operate on fields but we found type ${typeof fields} instead. For example: {$mod: {<field>: ...}} not {${name}: ${String(fields)}}`,
      )
    return Object.entries(fields).map(([field, operand]): Step => {
      const path = parsePath(field)
      if (operator) return { path, inserting: name === '$setOnInsert', change: operator(operand, field, expression) }
      if (typeof operand !== 'string') return bad(2, `The 'to' field for $rename must be a string: ${field}`)
      if (`${field}${operand}`.includes('$')) return bad(2, 'The source and target field for $rename may not be dynamic')
      return { path, inserting: false, change: old => old, to: parsePath(operand) }
    })
  })

const refuseConflicts = (steps: readonly Step[]) => {
  const paths = steps.flatMap(({ path, to }) => (to ? [path, to] : [path])).map(path => path.join('.'))
  const seen = new Set<string>()
  for (const path of paths) {
    for (const other of seen) {
      const [short, long] = path.length <= other.length ? [path, other] : [other, path]
      if (short === long || long.startsWith(`${short}.`)) bad(40, `Updating the path '${path}' would create a conflict at '${short}'`)
    }
    seen.add(path)
  }
}

const parseFilters = (arrayFilters: unknown, expression: ExpressionCompiler) => {
  const filters = new Map<string, (element: unknown) => boolean>()
  for (const filter of isArray(arrayFilters) ? arrayFilters : []) {
    const names = new Set(identifiers(filter))
    const [name] = names
    if (!isDoc(filter) || name === undefined || names.size > 1)
      return bad(9, 'Error parsing array filter :: caused by :: Expected a single top-level field name')
    if (filters.has(name)) return bad(9, `Found multiple array filters with the same top-level field name ${name}`)
    const matches = compileFilter(filter, expression)
    filters.set(name, element => matches({ [name]: element }))
  }
  return filters
}

const identifiers = (filter: unknown): string[] =>
  Object.entries(isDoc(filter) ? filter : {}).flatMap(([name, value]) =>
    name.startsWith('$') && isArray(value) ? value.flatMap(identifiers) : [name.split('.', 1)[0] ?? ''],
  )

const operatorUpdate = (update: Doc, arrayFilters: unknown, expression: ExpressionCompiler): Update => {
  const steps = stepsOf(update, expression).sort(byPath)
  refuseConflicts(steps)
  const filters = parseFilters(arrayFilters, expression)
  for (const name of filters.keys()) {
    if (!steps.some(({ path }) => path.includes(`$[${name}]`)))
      bad(9, `The array filter for identifier '${name}' was not used in the update ${JSON.stringify(update)}`)
  }
  const paths: Path[] = []
  const apply: Apply = (doc, { inserting, matched }) => {
    paths.length = 0
    for (const step of steps) {
      if (step.inserting && !inserting) continue
      for (const path of resolvePath(doc, step.path, { filters, matched })) {
        applyAt(doc, path, step)
        paths.push(path)
        if (step.to) paths.push(step.to)
      }
    }
    return doc
  }
  return { apply, paths, touched: new Set(steps.flatMap(({ path: [head = ''], to }) => (to ? [head, to[0] ?? ''] : [head]))) }
}

const applyAt = (doc: Doc, path: Path, { change, to }: Step) => {
  const old = get(doc, path)
  const value = change(old, path.join('.'), doc._id)
  if (to) {
    if (old === undefined) return
    unset(doc, path)
    set(doc, to, value)
  } else if (value === undefined) unset(doc, path)
  else if (value !== old) set(doc, path, value)
}

const replacement = (wanted: Doc): Update => {
  for (const name in wanted)
    if (name.startsWith('$'))
      bad(52, `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document.`)
  const apply: Apply = doc => {
    const result: Doc = doc._id === undefined ? {} : { _id: doc._id }
    for (const name in wanted) setField(result, name, wanted[name])
    return result
  }
  return { apply, touched: undefined, paths: undefined }
}

/** Compiles the update of a command: operators, a replacement, or a pipeline. */
export const compileUpdate = (update: unknown, arrayFilters: unknown, expression: ExpressionCompiler): Update => {
  if (isArray(update)) {
    if (arrayFilters !== undefined) bad(9, 'arrayFilters may not be specified for pipeline-style updates')
    const stages = updateStages(update, expression)
    const apply: Apply = doc => {
      const [result = {}] = runPipeline(stages, [doc])
      return result._id === undefined && doc._id !== undefined ? { _id: doc._id, ...result } : result
    }
    return { apply, touched: undefined, paths: 'any' }
  }
  if (!isDoc(update)) return bad(9, 'Update argument must be either an object or an array')
  if (Object.keys(update)[0]?.startsWith('$')) return operatorUpdate(update, arrayFilters, expression)
  if (isArray(arrayFilters) && arrayFilters.length > 0) bad(9, 'arrayFilters may not be specified for replacement updates')
  return replacement(update)
}

const isReplacement = (update: unknown) => isDoc(update) && !Object.keys(update)[0]?.startsWith('$')

/** The document that an upsert starts from: the fields that the query fixes. */
export const fromQuery = (query: Doc, update: unknown): Doc => {
  const result: Doc = {}
  const take = (filter: Doc) => {
    for (const [name, value] of Object.entries(filter)) {
      if ((name === '$and' || (name === '$or' && isArray(value) && value.length === 1)) && isArray(value))
        for (const part of value) take(isDoc(part) ? part : {})
      if (name.startsWith('$')) continue
      const operators = isDoc(value) && Object.keys(value)[0]?.startsWith('$') === true && !('$ref' in value)
      const fixed = !operators
        ? value
        : '$eq' in value
          ? value.$eq
          : isArray(value.$all) && value.$all.length === 1
            ? value.$all[0]
            : undefined
      if (fixed === undefined || (isReplacement(update) && name !== '_id')) continue
      if (get(result, name.split('.')) !== undefined) bad(54, `cannot infer query fields to set, path '${name}' is matched twice`)
      set(result, name.split('.'), fixed)
    }
  }
  take(query)
  return result
}

/** Refuses a change of `_id`. */
export const keepId = (before: unknown, after: Doc) => {
  if (!equal(before, after._id)) bad(66, "Performing an update on the path '_id' would modify the immutable field '_id'")
}
