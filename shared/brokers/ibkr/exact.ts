import { Decimal } from '../../domain/money/decimal.ts'

// The library reads numbers of the wire as binary fractions. A number's shortest text is what was sent, as long as that had no more than 15
// significant digits, and no price, quantity or amount of Interactive Brokers has more.

/** How the protocol writes that a number is not set. */
const UNSET = 1e300

/** The decimal of a number that the library read, or that was written for it; null for none. */
export const exact = (value: number | undefined | null): Decimal | null => {
  const text = String(value ?? '')
  return text === '' || !Number.isFinite(Number(text)) || Math.abs(Number(text)) > UNSET ? null : new Decimal(text)
}

/** Of a value that is told as text. */
export const exactText = (text: string | undefined): Decimal | null => {
  const plain = text?.replaceAll(',', '') ?? ''
  return /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/.test(plain) ? exact(Number(plain)) && new Decimal(plain) : null
}

/** A decimal for the library's encoder, which puts the text of what it is given on the wire: so no digit is lost. */
export const onWire = (value: Decimal): number => value.toFixed() as unknown as number
