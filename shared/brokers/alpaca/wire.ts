import { z } from 'zod'
import { Decimal, ZERO } from '../../domain/money/decimal.ts'

// What Alpaca answers, as its OpenAPI document says: amounts are text in trading and numbers in market data, both read from their digits.
// Fields may be missing or null where the document says that they may; others that we do not know are left alone.

type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown

const digits: Reviver = (_key, value, { source }) => (typeof value === 'number' && source !== undefined ? source : value)

/** JSON whose numbers come out as the text that they were written in. @throws SyntaxError */
export const parseExactly = (text: string): unknown => JSON.parse(text, digits as (key: string, value: unknown) => unknown)

const amount = z
  .string()
  .regex(/^[+-]?\d+(\.\d*)?([eE][+-]?\d{1,4})?$/)
  .transform(value => new Decimal(value))
const amountOrNull = z
  .union([amount, z.literal('')])
  .nullish()
  .transform(value => (value instanceof Decimal ? value : null))
const amountOrZero = amountOrNull.transform(value => value ?? ZERO)

const moment = z.string().transform((value, context) => {
  const read = new Date(value)
  if (!Number.isNaN(read.getTime())) return read
  context.addIssue({ code: 'custom', message: 'no moment' })
  return z.NEVER
})
const momentOrNull = moment.nullish().transform(value => value ?? null)
const textOrNull = z
  .string()
  .nullish()
  .transform(value => value || null)
/** Now and then written with a blank behind it. */
const symbol = z.string().trim()

const orderFields = z.object({
  id: z.string(),
  client_order_id: textOrNull,
  symbol: textOrNull,
  asset_class: textOrNull,
  qty: amountOrNull,
  notional: amountOrNull,
  filled_qty: amountOrZero,
  filled_avg_price: amountOrNull,
  order_class: textOrNull,
  type: textOrNull,
  order_type: textOrNull,
  side: textOrNull,
  time_in_force: textOrNull,
  limit_price: amountOrNull,
  stop_price: amountOrNull,
  trail_price: amountOrNull,
  trail_percent: amountOrNull,
  status: z.string(),
  replaced_by: textOrNull,
  replaces: textOrNull,
  created_at: momentOrNull,
  submitted_at: momentOrNull,
  updated_at: momentOrNull,
  filled_at: momentOrNull,
})

export const order = orderFields.extend({
  legs: z
    .array(orderFields)
    .nullish()
    .transform(value => value ?? []),
})
export type WireOrder = z.output<typeof orderFields>
export type WireOrderWithLegs = z.output<typeof order>

export const account = z.object({
  status: textOrNull,
  currency: textOrNull,
  cash: amount,
  equity: amount,
  initial_margin: amountOrZero,
  maintenance_margin: amountOrZero,
  trading_blocked: z.boolean().nullish(),
  account_blocked: z.boolean().nullish(),
})

export const positions = z.array(
  z.object({
    symbol,
    asset_class: textOrNull,
    qty: amount,
    side: z.string(),
    avg_entry_price: amount,
    current_price: amountOrNull,
    unrealized_pl: amountOrNull,
  }),
)
export type WirePosition = z.output<typeof positions>[number]

const fill = z.object({
  id: z.string(),
  activity_type: z.literal('FILL'),
  order_id: z.string(),
  symbol,
  side: z.string(),
  price: amount,
  qty: amount,
  transaction_time: moment,
})
export const fills = z.array(fill)
export type WireFill = z.output<typeof fill>

const activity = z.object({
  id: z.string(),
  activity_type: z.string(),
  activity_sub_type: textOrNull,
  group_id: textOrNull,
  symbol: textOrNull,
  qty: amountOrNull,
  price: amountOrNull,
  net_amount: amountOrZero,
  currency: textOrNull,
  description: textOrNull,
  status: textOrNull,
  created_at: momentOrNull,
})
export const activities = z.array(activity)
export type WireActivity = z.output<typeof activity>

export const sessions = z.array(z.object({ date: z.string(), open: z.string(), close: z.string() }))

const quote = z.object({ ap: amount, bp: amount, t: moment })
const trade = z.object({ p: amount, t: moment })
export const quotes = z.object({ quotes: z.record(z.string(), quote) })
export const trades = z.object({ trades: z.record(z.string(), trade) })
export const bars = z.object({
  bars: z
    .record(z.string(), z.array(z.object({ t: z.string(), c: amount })))
    .nullish()
    .transform(value => value ?? {}),
  next_page_token: textOrNull,
})

export const tradeUpdate = z.object({ event: z.string(), order: order })
export const streamMessage = z.object({ stream: z.string(), data: z.unknown() })
export const authorization = z.object({ status: z.string() })
