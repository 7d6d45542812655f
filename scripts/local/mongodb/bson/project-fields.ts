import { endOf, isNamed, nameEnd } from './fields.ts'

/** What an inclusion keeps: fields whole, or some of what is in them. */
export type Kept = ReadonlyMap<string, true | Kept>

const DOCUMENT = 3
const ARRAY = 4
const END = Buffer.alloc(1)

/** Paths such as `a` and `b.c` as what an inclusion keeps; undefined where one is part of another, or not plain ASCII. */
export function keptOf(paths: readonly string[]): Kept | undefined {
  const kept = new Map<string, true | Map<string, true>>()
  for (const path of paths) {
    const [name = '', inner, ...deeper] = path.split('.')
    if (deeper.length > 0 || !/^[ -~]+$/.test(path) || /[$]/.test(path) || name === '' || inner === '') return undefined
    const there = kept.get(name)
    if (inner === undefined ? there !== undefined : there === true) return undefined
    if (inner === undefined) kept.set(name, true)
    else kept.set(name, new Map([...(there instanceof Map ? there : []), [inner, true]]))
  }
  return kept
}

/** What is wanted of the field whose name stands there. */
function wantedOf(bytes: Buffer, kept: Kept, { from, to }: { from: number; to: number }): true | Kept | undefined {
  for (const [name, wanted] of kept) if (name.length === to - from && isNamed(bytes, from, name)) return wanted
  return undefined
}

/** An encoded document with some of its fields, as they stand in it; undefined where they cannot be told apart without decoding. */
export function projectFields(bytes: Buffer, kept: Kept): Buffer | undefined {
  const parts: Buffer[] = [Buffer.allocUnsafe(4)]
  let size = 5
  const keep = (part: Buffer) => {
    parts.push(part)
    size += part.length
  }
  for (let at = 4; bytes[at] !== 0; ) {
    const start = at
    const value = nameEnd(bytes, start + 1) + 1
    const type = bytes[start] ?? 0
    at = endOf(bytes, type, value)
    if (at < 0) return undefined
    const wanted = wantedOf(bytes, kept, { from: start + 1, to: value - 1 })
    if (wanted === true) keep(bytes.subarray(start, at))
    else if (wanted && type === ARRAY) return undefined
    else if (wanted && type === DOCUMENT) {
      const inner = projectFields(bytes.subarray(value, at), wanted)
      if (!inner) return undefined
      keep(bytes.subarray(start, value))
      keep(inner)
    }
  }
  parts[0]?.writeInt32LE(size)
  parts.push(END)
  return Buffer.concat(parts, size)
}
