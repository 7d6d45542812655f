import { BSON } from 'mongodb'
import type { z } from 'zod'

/** Documents kept a schema, how large one may be, and all of them together: large ones seldom come again as they were. */
const MOST = 256
const LARGEST = 16 * 1024
const MOST_BYTES = 128 * 1024

interface Kept {
  values: Map<string, unknown>
  bytes: number
}

const known = new WeakMap<z.ZodType, Kept>()

/** A stored document as a schema has it. The same bytes give the same frozen value, so that what seldom changes is parsed once. */
export function parsedBy<S extends z.ZodType>(schema: S, bytes: Uint8Array): z.output<S> {
  if (bytes.length > LARGEST) return parse(schema, bytes)
  const kept = known.get(schema) ?? { values: new Map<string, unknown>(), bytes: 0 }
  known.set(schema, kept)
  const { values } = kept
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const value = values.get(key) ?? parse(schema, bytes)
  if (!values.delete(key)) kept.bytes += key.length
  values.set(key, value)
  while (values.size > MOST || kept.bytes > MOST_BYTES) dropOldest(kept)
  return value as z.output<S>
}

function dropOldest(kept: Kept): void {
  const oldest = kept.values.keys().next().value ?? ''
  kept.values.delete(oldest)
  kept.bytes -= oldest.length
}

const parse = <S extends z.ZodType>(schema: S, bytes: Uint8Array) => frozen(schema.parse(BSON.deserialize(bytes)))

/** Freezes plain objects and arrays, all the way down. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  const plain = Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
  if (!plain) return value
  for (const part of Object.values(value)) frozen(part)
  return Object.freeze(value)
}
