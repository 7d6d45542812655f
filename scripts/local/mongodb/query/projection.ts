import { asInteger } from '../bson/number.ts'
import { type Doc, fieldsOf, isArray, isDoc, isNumber, isTrue, setField } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { compileFilter, type ExpressionCompiler } from './matcher.ts'
import { valueAt } from './path.ts'

type Leaf = { apply(value: unknown, matched: number | undefined): unknown }
type Tree = Map<string, Tree | Leaf | boolean>
type Computed = { path: string[]; evaluate(doc: Doc): unknown }
type Parsed = { tree: Tree; computed: Computed[]; including: boolean | undefined; id: boolean | undefined }
type Options = { expression: ExpressionCompiler; aggregation: boolean }

/** Gives the part of a document that was asked for; `matched` is the array position that the query met. */
export type Projection = (doc: Doc, matched?: number) => Doc

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

const sliceOf = (spec: unknown): Leaf => {
  const [skip, limit] = isArray(spec) ? [asInteger(spec[0]), asInteger(spec[1])] : [undefined, asInteger(spec)]
  if (limit === undefined || (isArray(spec) && (spec.length !== 2 || skip === undefined || limit <= 0)))
    return bad(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax')
  return {
    apply: value => {
      if (!isArray(value)) return value
      if (skip === undefined) return limit < 0 ? value.slice(limit) : value.slice(0, limit)
      const from = skip < 0 ? Math.max(0, value.length + skip) : skip
      return value.slice(from, from + limit)
    },
  }
}

const elemMatchOf = (spec: unknown, expression: ExpressionCompiler): Leaf => {
  if (!isDoc(spec)) return bad(31274, 'elemMatch: Invalid argument, object required')
  const matches = compileFilter({ v: { $elemMatch: spec } }, expression)
  return {
    apply: value => {
      const found = isArray(value) ? value.findIndex(element => matches({ v: [element] })) : -1
      return isArray(value) && found >= 0 ? [value[found]] : undefined
    },
  }
}

const positional: Leaf = {
  apply: (value, matched) => {
    if (!isArray(value)) return value
    return matched === undefined
      ? bad(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        )
      : [value[matched]]
  },
}

const place = (tree: Tree, path: readonly string[], leaf: Leaf | boolean) => {
  const [head = '', ...rest] = path
  const there = tree.get(head)
  const text = path.join('.')
  if (rest.length === 0) {
    if (there !== undefined) bad(31250, `Path collision at ${text}`)
    tree.set(head, leaf)
    return
  }
  if (there !== undefined && !(there instanceof Map)) bad(31249, `Path collision at ${text} remaining portion ${rest.join('.')}`)
  const branch: Tree = there instanceof Map ? there : new Map()
  tree.set(head, branch)
  place(branch, rest, leaf)
}

const mode = (parsed: Parsed, including: boolean, name: string) => {
  if (parsed.including !== undefined && parsed.including !== including) {
    bad(
      including ? 31253 : 31254,
      `Cannot do ${including ? 'inclusion' : 'exclusion'} on field ${name} in ${including ? 'exclusion' : 'inclusion'} projection`,
    )
  }
  parsed.including = including
}

const parse = (spec: Doc, prefix: readonly string[], parsed: Parsed, options: Options) => {
  for (const [name, value] of Object.entries(spec)) {
    const path = [...prefix, ...name.split('.')]
    const text = path.join('.')
    if (path.includes('')) bad(40353, 'FieldPath must not be empty or contain an empty part')
    if (isNumber(value) || typeof value === 'boolean') {
      if (text === '_id') parsed.id = isTrue(value)
      else if (path.at(-1) === '$' && !options.aggregation) {
        mode(parsed, true, text)
        place(parsed.tree, path.slice(0, -1), positional)
      } else {
        mode(parsed, isTrue(value), text)
        place(parsed.tree, path, isTrue(value))
      }
    } else if (isDoc(value) && !Object.keys(value)[0]?.startsWith('$')) {
      if (Object.keys(value).length === 0) bad(51270, 'An empty sub-projection is not a valid value.')
      parse(value, path, parsed, options)
    } else parseOperator(path, value, parsed, options)
  }
}

const parseOperator = (path: string[], value: unknown, parsed: Parsed, { expression, aggregation }: Options) => {
  const [operator] = isDoc(value) ? Object.keys(value) : []
  if (isDoc(value) && operator === '$meta') bad(2, '$meta is not supported by the embedded MongoDB server')
  if (!aggregation && isDoc(value) && operator === '$slice' && !(isArray(value.$slice) && asInteger(value.$slice[0]) === undefined)) {
    return place(parsed.tree, path, sliceOf(value.$slice))
  }
  mode(parsed, true, path.join('.'))
  if (!aggregation && isDoc(value) && operator === '$elemMatch') return place(parsed.tree, path, elemMatchOf(value.$elemMatch, expression))
  parsed.computed.push({ path, evaluate: expression(value) })
}

const project = (doc: Doc, tree: Tree, including: boolean, matched: number | undefined): Doc => {
  const result: Doc = {}
  const fields = fieldsOf(doc)
  for (const name in fields) {
    const node = tree.get(name)
    const value = fields[name]
    if (node === undefined ? !including : node === true) setField(result, name, value)
    else if (node instanceof Map) {
      const inner = within(value, node, including, matched)
      if (inner !== undefined) setField(result, name, inner)
    } else if (typeof node === 'object') {
      const changed = node.apply(value, matched)
      if (changed !== undefined) setField(result, name, changed)
    }
  }
  return result
}

const within = (value: unknown, tree: Tree, including: boolean, matched: number | undefined): unknown => {
  if (isArray(value)) return value.map(element => within(element, tree, including, matched)).filter(element => element !== undefined)
  if (isDoc(value)) return project(value, tree, including, matched)
  return including ? undefined : value
}

/** Sets a field in a copy, in every document of an array on the way; undefined takes it away. */
export const assign = (target: unknown, parts: readonly string[], value: unknown): unknown => {
  const [head = '', ...rest] = parts
  if (isArray(target)) return target.map(element => assign(element, parts, value))
  const result: Doc = isDoc(target) ? { ...target } : {}
  if (rest.length > 0) setField(result, head, assign(result[head], rest, value))
  else if (value === undefined) delete result[head]
  else setField(result, head, value)
  return result
}

/** Compiles the projection of a find, or of `$project`, where only expressions and paths are allowed. */
export const compileProjection = (spec: Doc, options: Options): Projection => {
  const parsed: Parsed = { tree: new Map(), computed: [], including: undefined, id: undefined }
  parse(spec, [], parsed, options)
  const { tree, computed } = parsed
  if (options.aggregation && Object.keys(spec).length === 0)
    bad(51272, 'Invalid $project :: caused by :: projection specification must have at least one field')
  if (tree.size === 0 && computed.length === 0 && parsed.id === undefined) return doc => doc
  const including = parsed.including ?? (tree.size === 0 && parsed.id === true)
  const hasId = tree.has('_id') || computed.some(({ path }) => path[0] === '_id')
  if (!hasId) tree.set('_id', parsed.id ?? true)
  return (doc, matched) =>
    computed.reduce<Doc>(
      (result, { path, evaluate }) => assignComputed(result, path, evaluate(doc)),
      project(doc, tree, including, matched),
    )
}

const assignComputed = (result: Doc, path: readonly string[], value: unknown) =>
  value === undefined && valueAt(result, path) === undefined ? result : (assign(result, path, value) as Doc)
