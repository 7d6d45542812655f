import { z } from 'zod'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { assetClass } from '../../../shared/messages/instrument.ts'
import { action, orderType, signalType, timeInForce } from '../../../shared/messages/signal.ts'
import type { Body } from '../body.ts'
import type { Named } from './names.ts'

const MAX_DIGITS = 18
/** Longer ones are not even looked at. */
const MAX_LENGTH = 100
const plainNumber = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/

/** A number as senders write it, number or text: finite, at most 18 significant digits, and what `fault` finds nothing against. */
const exactNumber = (fault: (number: Decimal) => string | null) =>
  z.union([z.number(), z.string()]).transform((value, context): Decimal => {
    const text = String(value).trim()
    const fail = (message: string) => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    if (text.length > MAX_LENGTH) return fail(`must have at most ${MAX_DIGITS} significant digits`)
    if (!plainNumber.test(text)) return fail('must be a finite number')
    const number = new Decimal(text)
    const found = fault(number)
    if (found !== null) return fail(found)
    if (number.precision() > MAX_DIGITS) return fail(`must have at most ${MAX_DIGITS} significant digits`)
    if (number.e > 17 || number.e < -18) return fail('is out of range')
    return number
  })

/** A quantity or a price. */
const positive = exactNumber(number => (number.lte(0) ? 'must be greater than 0' : null))

/** A size that may be none. */
export const notNegative = exactNumber(number => (number.lt(0) ? 'must not be less than 0' : null))

/** A position. */
export const signedNumber = exactNumber(() => null)

/** Nothing, where a template left a field empty. */
const emptyToNull = (value: unknown) => (value === '' || value === undefined ? null : value)

export const orNull = <S extends z.ZodType>(schema: S) => z.preprocess(emptyToNull, schema.nullable())

const upper = (value: unknown) => (typeof value === 'string' ? value.trim().toUpperCase() : value)

/** Text in any case. */
const anyCase = <S extends z.ZodType>(schema: S) => z.preprocess(upper, schema)

export const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(128))

const ticker = anyCase(z.string().min(1).max(64))

const MILLISECONDS_FROM = 100_000_000_000 // as seconds this is the year 5138

/** Unix time in seconds or milliseconds. */
const epoch = z
  .union([z.number(), z.string().regex(/^\d{1,16}(\.\d+)?$/, 'must be a Unix time in seconds or milliseconds')])
  .transform(Number)
  .pipe(z.number().min(0).max(8_640_000_000_000))
  .transform(value => new Date(value < MILLISECONDS_FROM ? value * 1000 : value))

const isoTime = z.iso.datetime({ offset: true }).transform(iso => new Date(iso))

/** A moment as Unix time or ISO 8601. */
export const moment = z.union([epoch, isoTime], 'must be a Unix time in seconds or milliseconds, or ISO 8601 such as 2026-03-02T15:00:00Z')

const assetClasses: Record<string, string> = {
  STOCK: 'EQUITY',
  STOCKS: 'EQUITY',
  STK: 'EQUITY',
  ETF: 'EQUITY',
  OPTIONS: 'OPTION',
  OPT: 'OPTION',
  FUTURES: 'FUTURE',
  FUT: 'FUTURE',
  FX: 'FOREX',
  CASH: 'FOREX',
  IND: 'INDEX',
}

const rights: Record<string, string> = { C: 'CALL', P: 'PUT' }

/** One of our words, or another common word for it. */
const wordOf = <S extends z.ZodType>(others: Record<string, string>, schema: S) =>
  z.preprocess(value => (typeof value === 'string' && Object.hasOwn(others, value) ? others[value] : value), schema)

/** The fields of a leg under the names that senders use. */
export const legFields = z.object({
  ticker,
  action: anyCase(action),
  quantity: orNull(positive),
  price: orNull(positive),
  order_type: z.preprocess(value => upper(emptyToNull(value) ?? 'MARKET'), orderType),
  limit_price: orNull(positive),
  stop_price: orNull(positive),
  stop_loss: orNull(positive),
  take_profit: orNull(positive),
  trail_pct: orNull(positive),
  time_in_force: z.preprocess(value => upper(emptyToNull(value) ?? 'DAY'), timeInForce),
  expires_at: orNull(moment),
  asset_class: orNull(anyCase(wordOf(assetClasses, assetClass))),
  exchange: orNull(ticker),
  currency: orNull(ticker),
  expiry: orNull(text),
  strike: orNull(positive),
  right: orNull(anyCase(wordOf(rights, z.enum(['CALL', 'PUT'])))),
  multiplier: orNull(positive),
  signal_type: orNull(anyCase(signalType)),
})
type LegFields = z.output<typeof legFields>

/** One leg as it was asked for, before the symbol table has said what it is. */
export type LegInput = Omit<LegFields, 'quantity'> & { requested_quantity: Decimal | null }

export const legOf = ({ quantity, ...leg }: LegFields): LegInput => ({ ...leg, requested_quantity: quantity })

/** What every format is turned into. */
export interface SignalInput {
  /** The sender's own id of the signal. */
  sender_signal_id: string | null
  sent_at: Date | null
  /** Null where the format has none: the deployment's. */
  environment: string | null
  legs: LegInput[]
  /** Signed. */
  position_after: Decimal | null
}

export interface Converter {
  name: string
  /** Whether a body has this format's shape. */
  fits(body: SentFields): boolean
  /** Fields as `input` takes them. */
  prepare(fields: SentFields['fields']): unknown
  /** Where this format has what the house format has at a path. */
  placeOf(path: PropertyKey[]): PropertyKey[]
  /** Bodies of this shape as `SignalInput`; zod says what is wrong with others. */
  input: z.ZodType<SignalInput>
}

/** A body's fields under our names. */
export interface SentFields extends Pick<Named, 'fields'> {
  written: Body['written']
}

/** Of a format without nesting: a leg's fields are the body's, and what the house calls `signal_sent_EPOCH` is its `time`. */
export const flatPlace = (path: PropertyKey[]): PropertyKey[] => {
  const field = path.at(-1) ?? ''
  return [field === 'signal_sent_EPOCH' ? 'time' : field]
}
