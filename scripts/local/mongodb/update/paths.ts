import { type Doc, isArray, isDoc, setField, typeOf } from '../bson/types.ts'
import { CommandError } from '../errors.ts'
import { fieldOf } from '../query/path.ts'

export type Path = readonly string[]
/** Which elements each `$[identifier]` stands for, and which one a plain `$` does. */
export type Positions = { filters: ReadonlyMap<string, (element: unknown) => boolean>; matched: number | undefined }

const MAX_PADDING = 1_500_000

const bad = (code: number, message: string): never => {
  throw new CommandError(code, message)
}

/** Splits the path of an update and refuses what no field may be called. */
export const parsePath = (text: string): Path => {
  const parts = text.split('.')
  for (const [i, part] of parts.entries()) {
    if (part === '') bad(56, `The update path '${text}' contains an empty field name, which is not allowed.`)
    if (!part.startsWith('$')) continue
    if (part === '$' || /^\$\[\w*\]$/.test(part)) {
      if (i === 0) bad(2, `Cannot have positional (i.e. '$') element in the first position in path '${text}'`)
    } else if (!['$ref', '$id', '$db'].includes(part)) {
      bad(52, `The dollar ($) prefixed field '${part}' in '${text}' is not allowed in the context of an update's replacement document.`)
    }
  }
  return parts
}

const isPositional = (part: string) => part === '$' || part.startsWith('$[')

/** The concrete paths that a path with positional parts stands for in a document. */
export const resolvePath = (doc: Doc, path: Path, positions: Positions): Path[] => {
  const at = path.findIndex(isPositional)
  if (at < 0) return [path]
  const part = path[at] ?? ''
  const [head, tail] = [path.slice(0, at), path.slice(at + 1)]
  const array = get(doc, head)
  if (part === '$') {
    if (positions.matched === undefined) return bad(2, 'The positional operator did not find the match needed from the query.')
    return resolvePath(doc, [...head, String(positions.matched), ...tail], positions)
  }
  const identifier = part.slice(2, -1)
  const filter = identifier === '' ? () => true : positions.filters.get(identifier)
  if (!filter) return bad(2, `No array filter found for identifier '${identifier}' in path '${path.join('.')}'`)
  if (array === undefined) return bad(2, `The path '${head.join('.')}' must exist in the document in order to apply array updates.`)
  if (!isArray(array)) return bad(2, `Cannot apply array updates to non-array element ${head.at(-1)}: ${typeOf(array)}`)
  return array.flatMap((element, i) => (filter(element) ? resolvePath(doc, [...head, String(i), ...tail], positions) : []))
}

const indexIn = (part: string) => (/^(0|[1-9]\d*)$/.test(part) ? Number(part) : undefined)

/** The value at a concrete path. */
export const get = (doc: Doc, path: Path): unknown => {
  let current: unknown = doc
  for (const part of path) {
    if (isArray(current)) current = current[indexIn(part) ?? -1]
    else if (isDoc(current)) current = fieldOf(current, part)
    else return undefined
  }
  return current
}

const put = (parent: Doc | unknown[], part: string, value: unknown) => {
  if (!isArray(parent)) return setField(parent, part, value)
  const index = indexIn(part) ?? bad(28, `Cannot create field '${part}' in an array`)
  if (index - parent.length > MAX_PADDING) bad(2, `can't backfill array to larger than ${MAX_PADDING} elements`)
  while (parent.length < index) parent.push(null)
  parent[index] = value
}

/** Sets the value at a concrete path; documents on the way are made where they are missing. */
export const set = (doc: Doc, path: Path, value: unknown) => {
  let parent: Doc | unknown[] = doc
  for (const part of path.slice(0, -1)) {
    let child: unknown = isArray(parent) ? parent[indexIn(part) ?? -1] : fieldOf(parent, part)
    if (child === undefined) {
      child = {}
      put(parent, part, child)
    }
    if (!isArray(child) && !isDoc(child)) return bad(28, `Cannot create field '${path.at(-1)}' in element {${part}: ${String(child)}}`)
    parent = child
  }
  put(parent, path.at(-1) ?? '', value)
}

/** Removes the value at a concrete path; in an array, null takes its place. */
export const unset = (doc: Doc, path: Path) => {
  const parent = get(doc, path.slice(0, -1))
  const part = path.at(-1) ?? ''
  if (isArray(parent)) {
    const index = indexIn(part)
    if (index !== undefined && index < parent.length) parent[index] = null
  } else if (isDoc(parent)) delete parent[part]
}
