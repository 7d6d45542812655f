import { type Doc, fieldsOf, isArray, isDoc } from '../bson/types.ts'

/** The last array position through which a condition was met: what a positional `$` stands for. */
export const position: { index: number | undefined } = { index: undefined }

const isIndex = (part: string) => /^(0|[1-9]\d*)$/.test(part)

const own = (doc: Doc, name: string): unknown => {
  const fields = fieldsOf(doc)
  return Object.hasOwn(fields, name) ? fields[name] : undefined
}

const elements = (array: readonly unknown[], test: (value: unknown, index: number) => boolean) => {
  for (let i = 0; i < array.length; i++) {
    if (test(array[i], i)) {
      position.index = i
      return true
    }
  }
  return false
}

export type PathTest = (value: unknown) => boolean

/**
 * Whether any value at a dotted path passes, as MongoDB walks it: into each document of an array and to array positions.
 * With `leaves`, an array at the end offers each of its elements and then itself; without, only itself.
 */
export const someAt = (node: unknown, parts: readonly string[], test: PathTest, leaves: boolean, at = 0): boolean => {
  const part = parts[at]
  if (part === undefined) return (leaves && isArray(node) && elements(node, test)) || test(node)
  if (isDoc(node)) return descend(own(node, part), parts, test, leaves, at + 1)
  return test(undefined)
}

const descend = (child: unknown, parts: readonly string[], test: PathTest, leaves: boolean, at: number): boolean => {
  const next = parts[at]
  if (next === undefined || !isArray(child)) return someAt(child, parts, test, leaves, at)
  if (isIndex(next) && Number(next) < child.length) {
    const element = child[Number(next)]
    if (at + 1 === parts.length ? someAt(element, parts, test, leaves, at + 1) : descend(element, parts, test, leaves, at + 1)) return true
  }
  return elements(child, element => isDoc(element) && someAt(element, parts, test, leaves, at))
}

/** All values at a path, elements of arrays one by one; an empty array gives undefined, a missing field null. */
export const keyValues = (doc: Doc, parts: readonly string[]): { values: unknown[]; array: boolean } => {
  const values: unknown[] = []
  const array = collect(doc, parts, 0, values)
  return { values: values.length > 0 ? values : [null], array }
}

const collect = (node: unknown, parts: readonly string[], at: number, into: unknown[]): boolean => {
  const part = parts[at]
  if (part === undefined) {
    if (!isArray(node)) into.push(node === undefined ? null : node)
    else if (node.length === 0) into.push(undefined)
    else for (const element of node) into.push(element)
    return isArray(node)
  }
  if (isDoc(node)) return collect(own(node, part), parts, at + 1, into)
  if (!isArray(node)) {
    into.push(null)
    return false
  }
  const byPosition = isIndex(part) && Number(part) < node.length
  const inside = byPosition && collect(node[Number(part)], parts, at + 1, into)
  const documents = node.filter(isDoc).filter(element => !byPosition || own(element, part) !== undefined)
  for (const element of documents) collect(element, parts, at, into)
  return !byPosition || inside || documents.length > 0
}

/** The value at a path without any walk through arrays but by position. */
export const valueAt = (node: unknown, parts: readonly string[]): unknown => {
  let current = node
  for (const part of parts) {
    if (isArray(current)) current = isIndex(part) ? current[Number(part)] : undefined
    else if (isDoc(current)) current = own(current, part)
    else return undefined
  }
  return current
}

/** The value of a field of a document itself. */
export const fieldOf = own
