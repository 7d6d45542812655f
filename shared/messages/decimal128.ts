import { Decimal } from '../domain/money/decimal.ts'

/** As the MongoDB driver gives it. */
export interface Decimal128Like {
  bytes: Uint8Array
  toString(): string
}

const EXPONENT_BIAS = 6176
const WORD = 2 ** 32
/** Above this, 53 bits are not enough. */
const MOST_ABOVE = 2 ** 21

const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0

/** The decimal of a Decimal128, digit for digit; its own text, which takes twice as long, is asked for only beyond 53 bits. */
export function decimalOf128(value: Decimal128Like): Decimal {
  const { bytes } = value
  const [low, above, third, high] = [wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12)]
  const isSmall = above < MOST_ABOVE && third === 0 && (high & 0x1ffff) === 0
  const isPlain = (high & 0x60000000) !== 0x60000000
  if (!isSmall || !isPlain) return new Decimal(value.toString())
  const coefficient = above * WORD + low
  const exponent = ((high & 0x7fffffff) >>> 17) - EXPONENT_BIAS
  const size = exponent === 0 ? new Decimal(coefficient) : new Decimal(`${coefficient}e${exponent}`)
  return high >= 0x80000000 ? size.neg() : size
}
