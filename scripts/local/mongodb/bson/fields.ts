import { decode } from './codec.ts'
import type { Doc } from './types.ts'

/** Names of top-level fields; undefined stands for all of them. */
export type Fields = ReadonlySet<string> | undefined

/** Bytes of the values whose size is in their type. */
const fixed: Record<number, number> = {
  1: 8,
  6: 0,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
  127: 0,
  255: 0,
}
/** Bytes that stand beside those which the length before a value counts. */
const counted: Record<number, number> = { 2: 4, 3: 0, 4: 0, 5: 5, 13: 4, 14: 4, 15: 0 }

/** Where the value of an element ends; -1 for a type whose end is not told by its head. */
export const endOf = (bytes: Buffer, type: number, at: number) => {
  const size = fixed[type]
  if (size !== undefined) return at + size
  const more = counted[type]
  return more === undefined ? -1 : at + bytes.readInt32LE(at) + more
}

/** Where a name ends: it is short, so that looking here is faster than having it looked for. */
export const nameEnd = (bytes: Buffer, from: number): number => {
  let at = from
  while (at < bytes.length && bytes[at] !== 0) at += 1
  return at
}

export const isNamed = (bytes: Buffer, at: number, name: string): boolean => {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name.charCodeAt(i)) return false
  return true
}

/** Decodes some of a document's top-level fields, and passes over the others without reading them. */
export const decodeFields = (bytes: Buffer, fields: Fields): Doc => {
  if (!fields) return decode(bytes)
  const parts: Buffer[] = [Buffer.alloc(4)]
  let size = 5
  for (let at = 4; bytes[at] !== 0; ) {
    const start = at
    const named = at + 1
    const name = nameEnd(bytes, named) - named
    at = endOf(bytes, bytes[start] ?? 0, named + name + 1)
    // Names are compared as ASCII; where one could be anything else, or a value has no length, all is read.
    if (at < 0) return decode(bytes)
    for (const field of fields) {
      if (field.length !== name || !isNamed(bytes, named, field)) continue
      parts.push(bytes.subarray(start, at))
      size += at - start
      break
    }
  }
  parts[0]?.writeInt32LE(size)
  parts.push(Buffer.alloc(1))
  return decode(Buffer.concat(parts))
}
