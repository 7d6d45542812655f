import { BSON } from 'mongodb'
import type { z } from 'zod'

/** Documents kept a schema, and how large one may be. */
const MOST = 256
const LARGEST = 16 * 1024

const known = new WeakMap<z.ZodType, Map<string, unknown>>()

/** A stored document as a schema has it. The same bytes give the same frozen value, so that what seldom changes is parsed once. */
export function parsedBy<S extends z.ZodType>(schema: S, bytes: Uint8Array): z.output<S> {
  if (bytes.length > LARGEST) return parse(schema, bytes)
  const values = known.get(schema) ?? new Map<string, unknown>()
  known.set(schema, values)
  const key = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  const value = values.get(key) ?? parse(schema, bytes)
  values.delete(key)
  values.set(key, value)
  if (values.size > MOST) values.delete(values.keys().next().value ?? '')
  return value as z.output<S>
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
