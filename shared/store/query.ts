import type { Document, Sort } from 'mongodb'
import type { z } from 'zod'
import type { Store, StoredCollection } from './collection.ts'

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

const stagesOf = ({ filter, sort, limit, ...query }: Query | PartQuery, name: string): Document[] => [
  { $match: filter },
  ...(sort ? [{ $sort: sort }] : []),
  ...(limit ? [{ $limit: limit }] : []),
  ...('fields' in query ? [{ $project: { _id: 0, ...Object.fromEntries(query.fields.map(field => [field, 1])) } }] : []),
  { $project: { _id: 0, name: { $literal: name }, document: '$$ROOT' } },
]

/** Reads several collections in one round trip; what each finds stands under the name of its query. */
export async function readTogether<Q extends Record<string, Query | PartQuery>>(
  store: Store,
  queries: Q,
): Promise<{ [K in keyof Q]: Found<Q[K]> }> {
  const [first, ...others] = Object.entries(queries)
  if (!first) return {} as { [K in keyof Q]: Found<Q[K]> }
  const rows = await first[1].in
    .in(store)
    .aggregate([
      ...stagesOf(first[1], first[0]),
      ...others.map(([name, query]) => ({ $unionWith: { coll: query.in.name, pipeline: stagesOf(query, name) } })),
    ])
    .toArray()
  const byName = Map.groupBy(rows, ({ name }) => String(name))
  const found = Object.entries(queries).map(([name, query]) => [
    name,
    (byName.get(name) ?? []).map(({ document }) => ('part' in query ? query.part.parse(document) : query.in.read(document))),
  ])
  return Object.fromEntries(found)
}
