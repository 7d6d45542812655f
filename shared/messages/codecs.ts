import { z } from 'zod'
import { Decimal } from '../domain/money/decimal.ts'
import { type Decimal128Like, decimalOf128 } from './decimal128.ts'

// A ledger value is text in messages, Decimal128 in MongoDB, Decimal in between. JSON.stringify and the MongoDB driver encode a Decimal
// by themselves (toJSON, toBSON); these codecs decode both forms.

/** How a codec is written in the database validator and in OpenAPI. */
export interface Wire {
  bsonType: string | string[]
  json: Record<string, unknown>
}
export const wireTypes = z.registry<Wire>()

const isDecimal128 = (value: unknown): value is Decimal128Like =>
  typeof value === 'object' && value !== null && (value as { _bsontype?: string })._bsontype === 'Decimal128'

const decimalText = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d{1,4})?$/

const decimalSource = z.custom<string | Decimal | Decimal128Like>(
  value => (typeof value === 'string' && decimalText.test(value)) || value instanceof Decimal || isDecimal128(value),
  'must be a decimal number written as text, such as "100.25"',
)

/** An exact decimal: price, quantity, money, fee. */
export const decimal = z
  .codec(decimalSource, z.instanceof(Decimal), {
    decode: source => (source instanceof Decimal ? source : typeof source === 'string' ? new Decimal(source) : decimalOf128(source)),
    encode: value => value.toFixed(),
  })
  .register(wireTypes, { bsonType: 'decimal', json: { type: 'string', format: 'decimal' } })

/** An amount as people write it in JSON: a number, or a text where its digits matter. */
export const amount = z.union([decimal, z.number()]).transform(value => (value instanceof Decimal ? value : new Decimal(value)))

const dateSource = z.union([z.iso.datetime({ offset: true }), z.date()])

/** A moment: ISO 8601 in UTC in messages, a date in MongoDB. */
export const date = z
  .codec(dateSource, z.date(), { decode: source => new Date(source), encode: value => value.toISOString() })
  .register(wireTypes, { bsonType: 'date', json: { type: 'string', format: 'date-time' } })

/** Names that become part of keys, paths and ordering keys. */
export const identifier = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, _ and -, at most 64')
