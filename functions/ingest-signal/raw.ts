import { refuse } from './refuse.ts'

/** Fields that hold a secret, under any of the names that people give them. */
const secret = /pass[_-]?(phrase|word)|secret|api[_-]?key|^token$|[_-]token$/i

/** A body as it may be stored: without secrets, wherever they were put. @throws Problem 422 for a key that MongoDB cannot keep */
export const rawOf = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([key]) => !secret.test(key))
      .map(([key, value]) => [storable(key), storedValue(value)]),
  )

const storedValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(storedValue)
  return typeof value === 'object' && value !== null ? rawOf(value) : value
}

const storable = (key: string): string => {
  if (!key.includes('\0')) return key
  const errors = [{ path: '', message: 'a field’s name holds a zero byte' }]
  throw refuse('INVALID_SIGNAL', 'A field’s name holds a zero byte (\\u0000). Leave it out.', errors)
}
