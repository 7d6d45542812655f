import { parseExactJson } from '../../../shared/runtime/exact-json.ts'
import { fieldErrors, Problem } from '../../../shared/runtime/problem.ts'
import { house } from './house.ts'
import type { Converter, SignalInput } from './standard.ts'
import { tradingviewJson } from './tradingview-json.ts'

/** Every format that is understood. A body that fits two is read as the first of them. */
const converters: readonly Converter[] = [house, tradingviewJson]

export interface ReadSignal {
  input: SignalInput
  format: string
  /** The body without its passphrase. */
  raw: Record<string, unknown>
}

/**
 * Reads a request's bytes as a signal.
 * @throws Problem 400 where they are not a JSON object, 422 where no format fits or fields are wrong
 */
export function readSignal(bytes: Buffer): ReadSignal {
  const body = parseExactJson(bytes.toString('utf8'))
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Problem({ status: 400, code: 'NOT_AN_OBJECT', detail: 'The body is JSON, but not one object {…}.' })
  }
  const fields = body as Record<string, unknown>
  const converter = converters.find(({ fits }) => fits(fields))
  if (!converter) {
    const detail = 'No known format fits: send the house format (with "signal") or a TradingView alert (with "ticker" and "contracts").'
    throw new Problem({ status: 422, code: 'UNKNOWN_FORMAT', detail, errors: [{ path: 'signal', message: 'is missing' }] })
  }
  const parsed = converter.input.safeParse(fields)
  if (!parsed.success) {
    const errors = fieldErrors(parsed.error.issues)
    const named = errors.map(({ path, message }) => `${path}: ${message}`).join('; ')
    throw new Problem({
      status: 422,
      code: 'INVALID_SIGNAL',
      detail: `The signal was understood as ${converter.name}, but ${named}.`,
      errors,
    })
  }
  return { input: parsed.data, format: converter.name, raw: withoutPassphrase(fields) }
}

/** A body as it may be stored: without passphrases, wherever they were put. @throws Problem 422 for a key that MongoDB cannot keep */
const withoutPassphrase = (fields: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([key]) => key.toLowerCase() !== 'passphrase')
      .map(([key, value]) => [storable(key), storedValue(value)]),
  )

const storedValue = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(storedValue)
  return typeof value === 'object' && value !== null ? withoutPassphrase(value) : value
}

const storable = (key: string): string => {
  if (!key.includes('\0')) return key
  const errors = [{ path: '', message: 'a field’s name holds a zero byte' }]
  throw new Problem({ status: 422, code: 'INVALID_SIGNAL', detail: 'A field’s name holds a zero byte (\\u0000). Leave it out.', errors })
}
