import { Decimal } from 'decimal.js'
import type { Collection, CreateIndexesOptions, Db, Document, IndexSpecification, UpdateFilter } from 'mongodb'
import type { z } from 'zod'
import { toDecimal128 } from './decimal128.ts'

// The driver asks every object for its BSON form by this name, so that an exact decimal is written as Decimal128 wherever it stands.
Object.defineProperty(Decimal.prototype, 'toBSON', {
  value(this: Decimal) {
    return toDecimal128(this)
  },
})

export interface Store {
  db: Db
  /** The hierarchy, settings and ledgers of this fund are read. */
  fund_id: string
}

export interface IndexPlan extends CreateIndexesOptions {
  key: IndexSpecification & Document
}

export interface CollectionPlan<S extends z.ZodType = z.ZodType> {
  schema: S
  indexes: IndexPlan[]
  /** A JSON schema of what others may write besides; the database lets both in. */
  foreign?: Record<string, unknown>
  /** How long documents stay: 'forever', or a TTL index named in `indexes`. */
  retention: 'forever' | `${number} days`
}

export interface StoredCollection<S extends z.ZodType> extends CollectionPlan<S> {
  name: string
  /** Loosely typed: what goes in is Decimal, what comes out is Decimal128 until it is read. */
  in(store: Store): Collection<Document>
  /** A document as the schema has it: Decimal128 becomes Decimal. Throws where the database holds something else. */
  read(document: unknown): z.output<S>
}

export const allCollections: StoredCollection<z.ZodType>[] = []

/** Declares a collection: its shape, its indexes, how long it keeps. */
export function collection<S extends z.ZodType>(name: string, plan: CollectionPlan<S>): StoredCollection<S> {
  const declared: StoredCollection<S> = {
    ...plan,
    name,
    in: store => store.db.collection(name),
    read: document => plan.schema.parse(document),
  }
  allCollections.push(declared as unknown as StoredCollection<z.ZodType>)
  return declared
}

/** `read`, for a document that may not be there. */
export const readOrNull = <S extends z.ZodType>(from: StoredCollection<S>, document: unknown): z.output<S> | null =>
  document === null || document === undefined ? null : from.read(document)

interface MongoFault {
  code?: number
  keyPattern?: Record<string, unknown>
}

/** Whether a write failed because a unique key is taken; with `field`, because of the key that holds this field. */
export const isDuplicateKey = (error: unknown, field?: string): boolean => {
  const fault = error as MongoFault
  return fault?.code === 11000 && (field === undefined || fault.keyPattern === undefined || field in fault.keyPattern)
}

/** An update by operators. The driver's own type follows field names only through types that the driver knows, which Decimal is not. */
export const update = (operators: Record<`$${string}`, Record<string, unknown>>): UpdateFilter<Document> =>
  operators as UpdateFilter<Document>
