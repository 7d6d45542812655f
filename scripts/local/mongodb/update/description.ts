import { encode } from '../bson/codec.ts'
import { type Doc, isArray, isDoc, number, setField } from '../bson/types.ts'
import { valueAt } from '../query/path.ts'

type Description = { updatedFields: Doc; removedFields: string[]; truncatedArrays: { field: string; newSize: unknown }[] }

/** Whether two values are the same in type and form too: 1 and 1.0 are not. */
const same = (a: unknown, b: unknown) => (a === undefined || b === undefined ? a === b : encode({ v: a }).equals(encode({ v: b })))

const isPrefix = (old: readonly unknown[], now: readonly unknown[]) =>
  old.length <= now.length && old.every((value, i) => same(value, now[i]))

const put = ({ updatedFields }: Description, path: readonly string[], value: unknown) => setField(updatedFields, path.join('.'), value)

/** The part of a path up to the first step that was not there before: what a change of it created. */
const created = (before: Doc, path: readonly string[]) => {
  const missing = path.findIndex((_, i) => valueAt(before, path.slice(0, i + 1)) === undefined)
  return missing < 0 ? path : path.slice(0, missing + 1)
}

const along = (into: Description, before: Doc, after: Doc, path: readonly string[]) => {
  const [old, now] = [valueAt(before, path), valueAt(after, path)]
  if (same(old, now)) return
  if (now === undefined) into.removedFields.push(path.join('.'))
  else if (isArray(old) && isArray(now) && isPrefix(old, now))
    for (let i = old.length; i < now.length; i++) put(into, [...path, String(i)], now[i])
  else put(into, path, now)
}

const everywhere = (into: Description, old: unknown, now: unknown, path: readonly string[]) => {
  if (same(old, now)) return
  if (now === undefined) into.removedFields.push(path.join('.'))
  else if (isDoc(old) && isDoc(now))
    for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) everywhere(into, old[name], now[name], [...path, name])
  else if (isArray(old) && isArray(now)) {
    if (now.length < old.length) into.truncatedArrays.push({ field: path.join('.'), newSize: number(now.length) })
    for (const [i, value] of now.entries()) everywhere(into, old[i], value, [...path, String(i)])
  } else put(into, path, now)
}

/** What an update changed: along the paths of its operators, or by a comparison of both documents where there are none. */
export const describeChange = (before: Doc, after: Doc, paths: readonly (readonly string[])[] | undefined): Doc => {
  const description: Description = { updatedFields: {}, removedFields: [], truncatedArrays: [] }
  if (!paths) everywhere(description, before, after, [])
  else {
    const unique = new Map(paths.map(path => created(before, path)).map(path => [path.join('.'), path]))
    for (const path of unique.values()) along(description, before, after, path)
  }
  return { ...description }
}
