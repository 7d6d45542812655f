import { DBRef, Double, Int32 } from 'bson'

/** A decoded document: numbers stay Int32, Double, Long or Decimal128; a missing field is `undefined`. */
export type Doc = { [field: string]: unknown }

/** MongoDB's aliases of the BSON types, and `missing` for a field that is not there. */
export type BsonType =
  | 'missing'
  | 'minKey'
  | 'null'
  | 'int'
  | 'long'
  | 'double'
  | 'decimal'
  | 'string'
  | 'symbol'
  | 'object'
  | 'array'
  | 'binData'
  | 'objectId'
  | 'bool'
  | 'date'
  | 'timestamp'
  | 'regex'
  | 'javascript'
  | 'javascriptWithScope'
  | 'maxKey'

const tagged: Record<string, BsonType> = {
  Int32: 'int',
  Double: 'double',
  Long: 'long',
  Decimal128: 'decimal',
  ObjectId: 'objectId',
  Binary: 'binData',
  BSONRegExp: 'regex',
  Timestamp: 'timestamp',
  MinKey: 'minKey',
  MaxKey: 'maxKey',
  BSONSymbol: 'symbol',
  DBRef: 'object',
}

/** Numbers of the types, as `$type` accepts them. */
export const typeNumbers: Record<number, BsonType> = {
  1: 'double',
  2: 'string',
  3: 'object',
  4: 'array',
  5: 'binData',
  7: 'objectId',
  8: 'bool',
  9: 'date',
  10: 'null',
  11: 'regex',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  16: 'int',
  17: 'timestamp',
  18: 'long',
  19: 'decimal',
  127: 'maxKey',
  [-1]: 'minKey',
}

/** The position of each type in BSON's order of comparison; types with the same one compare by value. */
export const classOf: Record<BsonType, number> = {
  minKey: 1,
  missing: 3,
  null: 5,
  int: 10,
  long: 10,
  double: 10,
  decimal: 10,
  string: 15,
  symbol: 15,
  object: 20,
  array: 25,
  binData: 30,
  objectId: 35,
  bool: 40,
  date: 45,
  timestamp: 47,
  regex: 50,
  javascript: 60,
  javascriptWithScope: 65,
  maxKey: 126,
}

const isInt32 = (value: number) => (value | 0) === value && !Object.is(value, -0)

/** The BSON type of a decoded value. */
export const typeOf = (value: unknown): BsonType => {
  if (typeof value === 'string') return 'string'
  if (value === undefined) return 'missing'
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return isInt32(value) ? 'int' : 'double'
  if (typeof value === 'bigint') return 'long'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return 'date'
  // A user's own field may be called `_bsontype`, so a plain object is recognised by its prototype first.
  if (Object.getPrototypeOf(value) === Object.prototype) return 'object'
  const tag = (value as { _bsontype?: string })._bsontype
  if (tag === 'Code') return (value as { scope?: unknown }).scope ? 'javascriptWithScope' : 'javascript'
  return (tag !== undefined && tagged[tag]) || 'object'
}

export const isNumber = (value: unknown) => classOf[typeOf(value)] === 10

export const isArray = (value: unknown): value is unknown[] => Array.isArray(value)

export const isDoc = (value: unknown): value is Doc => typeOf(value) === 'object'

/** The fields of a document; the library decodes `{$ref, $id}` to a DBRef, which is a document to MongoDB. */
export const fieldsOf = (value: Doc): Doc => (value instanceof DBRef ? (value.toJSON() as Doc) : value)

/** An embedded document of a command, or an error that names it. */
export const asDoc = (value: unknown): Doc => (isDoc(value) ? fieldsOf(value) : {})

/** Wraps a plain number as the BSON number that MongoDB would store for it. */
export const number = (value: number) => (isInt32(value) ? new Int32(value) : new Double(value))

/** MongoDB's truth: everything but false, null, missing and zero. */
export const isTrue = (value: unknown): boolean => {
  if (value === undefined || value === null || value === false) return false
  return isNumber(value) ? !/^-?0(\.0*)?(E.*)?$/.test(String(value)) : true
}

/** Sets a field even where its name is one that an assignment would treat specially. */
export const setField = (doc: Doc, name: string, value: unknown) => {
  if (name === '__proto__') Object.defineProperty(doc, name, { value, enumerable: true, configurable: true, writable: true })
  else doc[name] = value
}
