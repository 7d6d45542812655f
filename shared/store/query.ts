import type { Document, Sort } from 'mongodb'
import type { z } from 'zod'
import type { Store, StoredCollection } from './collection.ts'
import { joinReads } from './join-reads.ts'
import { parsedBy } from './parsed.ts'

/** What to read from one collection: a value, so that several can be read together. */
export interface Query<S extends z.ZodType = z.ZodType> {
  in: StoredCollection<S>
  filter: Document
  sort?: Sort
  limit?: number
}

/** A query for some fields of what it finds, with their own schema. */
export interface PartQuery<S extends z.ZodType = z.ZodType> extends Query {
  fields: readonly string[]
  part: S
}

type Found<Q> = Q extends PartQuery<infer S> ? z.output<S>[] : Q extends Query<infer S> ? z.output<S>[] : never

/** Everything that a query finds, as the schema has it. */
export async function readAll<S extends z.ZodType>(store: Store, { in: from, filter, sort, limit }: Query<S>): Promise<z.output<S>[]> {
  const found = await from
    .in(store)
    .find(filter, { ...(sort && { sort }), ...(limit && { limit }) })
    .toArray()
  return found.map(document => from.read(document))
}

/** The only document that a query finds, or null. What is asked for at the same time goes out with it. */
export async function readOne<Q extends Query | PartQuery>(store: Store, query: Q): Promise<Found<Q>[number] | null> {
  const { one } = await readTogether(store, { one: query })
  return one[0] ?? null
}

const stagesOf = ({ filter, sort, limit, ...query }: Query | PartQuery): Document[] => [
  { $match: filter },
  ...(sort ? [{ $sort: sort }] : []),
  ...(limit ? [{ $limit: limit }] : []),
  ...('fields' in query ? [{ $project: { _id: 0, ...Object.fromEntries(query.fields.map(field => [field, 1])) } }] : []),
]

/**
 * Reads several collections in one round trip; what each finds stands under the name of its query. What it gives is shared with others that
 * found the same, and frozen.
 */
export async function readTogether<Q extends Record<string, Query | PartQuery>>(
  store: Store,
  queries: Q,
): Promise<{ [K in keyof Q]: Found<Q[K]> }> {
  const entries = Object.entries(queries)
  const found = await joinReads(
    store,
    entries.map(([, query]) => ({ collection: query.in.name, stages: stagesOf(query) })),
  )
  return Object.fromEntries(
    entries.map(([name, query], i) => {
      const schema = 'part' in query ? query.part : query.in.schema
      return [name, (found[i] ?? []).map(bytes => parsedBy(schema, bytes))]
    }),
  ) as { [K in keyof Q]: Found<Q[K]> }
}
