import { BSON, type Document, type Filter, ObjectId } from 'mongodb'
import type { z } from 'zod'
import type { Store, StoredCollection } from './collection.ts'

export interface PageRequest {
  filter: Filter<Document>
  /** What orders the list; together they are unique. */
  by: readonly string[]
  direction: 1 | -1
  /** The place after which the page begins. */
  cursor: string | undefined
  limit: number
}

export interface Page<T> {
  found: T[]
  /** Where the next page begins; null on the last. */
  next_cursor: string | null
}

/** A page of a collection by cursor, so that what is inserted meanwhile neither repeats nor hides a line. @throws InvalidCursor */
export async function readPage<S extends z.ZodType>(
  store: Store,
  from: StoredCollection<S>,
  { filter, by, direction, cursor, limit }: PageRequest,
): Promise<Page<z.output<S>>> {
  const place = cursor === undefined ? null : decodeCursor(cursor, by.length)
  const whole = place ? { $and: [filter, after({ by, direction, place })] } : filter
  const documents = await from
    .in(store)
    .find(whole)
    .sort(Object.fromEntries(by.map(field => [field, direction])))
    .limit(limit + 1)
    .toArray()
  const shown = documents.slice(0, limit)
  const last = documents.length > limit ? shown.at(-1) : undefined
  return { found: shown.map(from.read), next_cursor: last ? encodeCursor(by.map(field => last[field])) : null }
}

/** What comes later in the order: the first field is beyond, or it is equal and the second is, and so on. */
const after = ({ by, direction, place }: Pick<PageRequest, 'by' | 'direction'> & { place: readonly unknown[] }): Filter<Document> => ({
  $or: by.map((field, index) => ({
    ...Object.fromEntries(by.slice(0, index).map((earlier, at) => [earlier, place[at]])),
    [field]: { [direction === 1 ? '$gt' : '$lt']: place[index] },
  })),
})

const encodeCursor = (place: readonly unknown[]): string =>
  Buffer.from(BSON.EJSON.stringify(place, { relaxed: false })).toString('base64url')

export class InvalidCursor extends Error {}

function decodeCursor(cursor: string, length: number): unknown[] {
  const place = parsed(cursor)
  const plain = (value: unknown) => ['string', 'number'].includes(typeof value) || value instanceof Date || value instanceof ObjectId
  if (!Array.isArray(place) || place.length !== length || !place.every(plain)) throw new InvalidCursor('not a cursor of this list')
  return place
}

const parsed = (cursor: string): unknown => {
  try {
    return BSON.EJSON.parse(Buffer.from(cursor, 'base64url').toString())
  } catch {
    return null
  }
}
