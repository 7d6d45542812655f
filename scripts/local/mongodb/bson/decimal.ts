import { Decimal128 } from 'bson'

/** coefficient × 10^exponent; the coefficient carries the sign. */
export type Finite = { coefficient: bigint; exponent: number }
export type Decimal = Finite | 'NaN' | 'Infinity' | '-Infinity'

const DIGITS = 34
const LOWEST = -6176
const HIGHEST = 6111
const LOW_64 = (1n << 64n) - 1n

const powers: bigint[] = [1n]
const power = (exponent: number): bigint => {
  for (let i = powers.length; i <= Math.min(exponent, 400); i++) powers.push((powers[i - 1] ?? 1n) * 10n)
  return powers[exponent] ?? 10n ** BigInt(exponent)
}

const magnitude = (value: bigint) => (value < 0n ? -value : value)
const digitsIn = (value: bigint) => magnitude(value).toString().length

/** Drops decimal digits from the right, rounding half to even. */
const dropDigits = (value: bigint, count: number): bigint => {
  const unit = power(count)
  const quotient = magnitude(value) / unit
  const twice = (magnitude(value) % unit) * 2n
  const rounded = twice > unit || (twice === unit && (quotient & 1n) === 1n) ? quotient + 1n : quotient
  return value < 0n ? -rounded : rounded
}

/** Reads the binary integer form of a Decimal128. */
export const decimalOf = (value: Decimal128): Decimal => {
  const view = Buffer.from(value.bytes.buffer, value.bytes.byteOffset, 16)
  const high = view.readBigUInt64LE(8)
  const combination = Number((high >> 58n) & 0x1fn)
  if (combination === 0x1f) return 'NaN'
  if (combination === 0x1e) return high >> 63n ? '-Infinity' : 'Infinity'
  // The second form holds coefficients of more than 34 digits only, which count as zero.
  if (combination >= 0x18) return { coefficient: 0n, exponent: Number((high >> 47n) & 0x3fffn) + LOWEST }
  const coefficient = ((high & 0x1ffffffffffffn) << 64n) | view.readBigUInt64LE(0)
  return { coefficient: high >> 63n ? -coefficient : coefficient, exponent: Number((high >> 49n) & 0x3fffn) + LOWEST }
}

const pack = (high: bigint, low = 0n) => {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(low, 0)
  bytes.writeBigUInt64LE(high, 8)
  return new Decimal128(bytes)
}

/** The nearest Decimal128: 34 significant digits, half to even. */
export const toDecimal128 = (value: Decimal): Decimal128 => {
  if (value === 'NaN') return pack(0x7cn << 56n)
  if (value === 'Infinity') return pack(0x78n << 56n)
  if (value === '-Infinity') return pack(0xf8n << 56n)
  let { coefficient, exponent } = value
  for (let excess = digitsIn(coefficient) - DIGITS; excess > 0; excess = digitsIn(coefficient) - DIGITS) {
    coefficient = dropDigits(coefficient, excess)
    exponent += excess
  }
  if (exponent < LOWEST) {
    coefficient = LOWEST - exponent > DIGITS + 1 ? 0n : dropDigits(coefficient, LOWEST - exponent)
    exponent = LOWEST
  }
  if (exponent > HIGHEST) {
    if (coefficient !== 0n && digitsIn(coefficient) + exponent - HIGHEST > DIGITS)
      return toDecimal128(coefficient < 0n ? '-Infinity' : 'Infinity')
    if (coefficient !== 0n) coefficient *= power(exponent - HIGHEST)
    exponent = HIGHEST
  }
  const size = magnitude(coefficient)
  const sign = coefficient < 0n ? 1n << 63n : 0n
  return pack(sign | (BigInt(exponent - LOWEST) << 49n) | (size >> 64n), size & LOW_64)
}

/** Reads a decimal in text, such as 12.50 or -1e-7. */
export const parseDecimal = (text: string): Decimal => decimalOf(Decimal128.fromStringWithRounding(text))

const hasDigits = (value: Decimal): value is Finite => typeof value === 'object'
const sign = (value: Decimal) => {
  if (!hasDigits(value)) return value === '-Infinity' ? -1 : 1
  return value.coefficient < 0n ? -1 : value.coefficient > 0n ? 1 : 0
}
const infinite = (direction: number): Decimal => (direction === 0 ? 'NaN' : direction > 0 ? 'Infinity' : '-Infinity')

/** Sum; keeps the smaller exponent, so 1.10 + 2.20 is 3.30. */
export const addDecimals = (left: Decimal, right: Decimal): Decimal => {
  if (left === 'NaN' || right === 'NaN') return 'NaN'
  if (!hasDigits(left)) return hasDigits(right) || left === right ? left : 'NaN'
  if (!hasDigits(right)) return right
  // Far apart, the smaller one cannot reach the 34 digits that are kept; a unit in its place keeps the rounding right.
  const [big, small] = left.exponent >= right.exponent ? [left, right] : [right, left]
  if (big.coefficient !== 0n && big.exponent - small.exponent > 2 * DIGITS + 4) {
    const far = { coefficient: BigInt(sign(small)), exponent: big.exponent - DIGITS - 2 }
    return far.coefficient === 0n
      ? { coefficient: big.coefficient * power(DIGITS), exponent: big.exponent - DIGITS }
      : addDecimals(big, far)
  }
  if (big.coefficient === 0n) return small
  return { coefficient: big.coefficient * power(big.exponent - small.exponent) + small.coefficient, exponent: small.exponent }
}

/** Product. */
export const multiplyDecimals = (left: Decimal, right: Decimal): Decimal => {
  if (left === 'NaN' || right === 'NaN') return 'NaN'
  if (!hasDigits(left) || !hasDigits(right)) return infinite(sign(left) * sign(right))
  return { coefficient: left.coefficient * right.coefficient, exponent: left.exponent + right.exponent }
}

/** Quotient to 34 digits, without needless trailing zeros. The divisor must not be zero. */
export const divideDecimals = (left: Decimal, right: Decimal): Decimal => {
  if (left === 'NaN' || right === 'NaN') return 'NaN'
  if (!hasDigits(left)) return hasDigits(right) ? infinite(sign(left) * (sign(right) || 1)) : 'NaN'
  if (!hasDigits(right)) return { coefficient: 0n, exponent: 0 }
  const scale = Math.max(0, DIGITS + 2 + digitsIn(right.coefficient) - digitsIn(left.coefficient))
  const dividend = left.coefficient * power(scale)
  let coefficient = dividend / right.coefficient
  let exponent = left.exponent - right.exponent - scale
  // A sticky last digit stands for the remainder, so that rounding to 34 digits sees it.
  if (dividend % right.coefficient !== 0n)
    return { coefficient: coefficient * 10n + BigInt(sign(left) * sign(right)), exponent: exponent - 1 }
  while (exponent < left.exponent - right.exponent && coefficient % 10n === 0n) {
    coefficient /= 10n
    exponent++
  }
  return { coefficient, exponent }
}
