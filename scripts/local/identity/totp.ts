import { createHmac, randomBytes } from 'node:crypto'

export const PERIOD_S = 30
export const DIGITS = 6
/** Periods before and after the present one whose codes are taken, since clocks differ. */
const TOLERANCE = 1

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

function base32(bytes: Buffer): string {
  const bits = [...bytes].map(byte => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map(part => alphabet[Number.parseInt(part.padEnd(5, '0'), 2)]).join('')
}

function bytesOf(text: string): Buffer {
  const bits = [...text.replaceAll('=', '').toUpperCase()].map(letter => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(part => Number.parseInt(part, 2)))
}

export const newTotpSecret = (): string => base32(randomBytes(20))

/** The code of a moment: RFC 6238 with SHA-1. */
export function totpCode(secret: string, atMs: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(atMs / 1000 / PERIOD_S)))
  const hash = createHmac('sha1', bytesOf(secret)).update(counter).digest()
  const offset = (hash.at(-1) ?? 0) & 0xf
  return String((hash.readUInt32BE(offset) & 0x7fffffff) % 10 ** DIGITS).padStart(DIGITS, '0')
}

/** The period that a code is of, counted from 1970; null where it is of none that is taken at this moment. */
export function totpPeriod(secret: string, code: string, atMs: number): number | null {
  const present = Math.floor(atMs / 1000 / PERIOD_S)
  const taken = Array.from({ length: 2 * TOLERANCE + 1 }, (_, index) => present + index - TOLERANCE)
  return taken.find(period => totpCode(secret, period * PERIOD_S * 1000) === code) ?? null
}
