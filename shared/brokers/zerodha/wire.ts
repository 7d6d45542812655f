import { z } from 'zod'
import { Decimal, ZERO } from '../../domain/money/decimal.ts'
import { momentOf, withZone } from './india-time.ts'

// What Kite answers, read tolerantly: unknown fields are let be, and what may be missing is.

/** Kite's JSON with every number as the text that was sent, and every wall clock with its zone. */
export const exactly = (_key: string, value: unknown, context?: { source?: string }): unknown => {
  if (typeof value === 'number') return context?.source ?? String(value)
  return typeof value === 'string' ? withZone(value) : value
}

/** A message of Kite's that no client read before us. @throws SyntaxError where it is no JSON */
export const parseExactly = (text: string): unknown => JSON.parse(text, exactly as (key: string, value: unknown) => unknown)

const toDecimal = (value: string | number, context: z.RefinementCtx): Decimal => {
  try {
    return new Decimal(value)
  } catch {
    context.addIssue({ code: 'custom', message: 'is no number' })
    return z.NEVER
  }
}
const number = z.union([z.string(), z.number()]).transform(toDecimal)
/** A number that may be left out, and is nothing then. */
const amount = z
  .union([number, z.literal('')])
  .nullish()
  .transform(value => (value instanceof Decimal ? value : ZERO))

const id = z.union([z.string().min(1), z.number()]).transform(String)
const words = z
  .string()
  .nullish()
  .transform(text => text || null)
const moment = z
  .union([z.string(), z.date()])
  .nullish()
  .transform(value => (typeof value === 'string' ? momentOf(value) : (value ?? null)))
const side = z.enum(['BUY', 'SELL'])

export const placed = z.object({ order_id: id })

export const kiteOrder = z.object({
  order_id: id,
  status: z.string(),
  status_message: words,
  exchange: z.string(),
  tradingsymbol: z.string(),
  transaction_type: side,
  variety: z.string().default('regular'),
  order_type: z.string(),
  product: z.string().default(''),
  validity: z.string().default('DAY'),
  validity_ttl: amount,
  quantity: number,
  price: amount,
  trigger_price: amount,
  average_price: amount,
  filled_quantity: amount,
  tag: words,
  tags: z
    .array(z.string())
    .nullish()
    .transform(tags => tags ?? []),
  order_timestamp: moment,
  exchange_update_timestamp: moment,
})
export type KiteOrder = z.output<typeof kiteOrder>

export const kiteTrade = z.object({
  trade_id: id,
  order_id: id,
  exchange: z.string(),
  tradingsymbol: z.string(),
  transaction_type: side,
  average_price: number,
  quantity: number,
  fill_timestamp: moment,
  exchange_timestamp: moment,
})
export type KiteTrade = z.output<typeof kiteTrade>

/** Some lists are null when they are empty. */
const list = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .nullish()
    .transform(items => items ?? [])

export const kiteOrders = list(kiteOrder)
export const kiteTrades = list(kiteTrade)

export const kitePosition = z.object({
  tradingsymbol: z.string(),
  exchange: z.string(),
  product: z.string().default(''),
  quantity: number,
  overnight_quantity: amount,
  multiplier: number.nullish().transform(value => (value?.gt(0) ? value : new Decimal(1))),
  average_price: amount,
  last_price: amount,
  pnl: amount,
  m2m: amount,
  day_buy_value: amount,
  day_sell_value: amount,
})
export type KitePosition = z.output<typeof kitePosition>

export const kitePositions = z.object({ net: list(kitePosition) })

export const kiteHolding = z.object({
  tradingsymbol: z.string(),
  exchange: z.string(),
  quantity: amount,
  t1_quantity: amount,
  used_quantity: amount,
  opening_quantity: number.nullish(),
  average_price: amount,
  last_price: amount,
})
export type KiteHolding = z.output<typeof kiteHolding>
export const kiteHoldings = list(kiteHolding)

const segment = z
  .object({
    enabled: z.boolean().default(true),
    net: amount,
    available: z.object({ cash: amount }),
    utilised: z.object({ debits: amount }),
  })
  .nullish()
export const kiteMargins = z.object({ equity: segment, commodity: segment })
export type KiteMargins = z.output<typeof kiteMargins>

const depth = z.object({ price: amount, quantity: amount })
const kiteQuote = z.object({
  instrument_token: id,
  timestamp: moment,
  last_price: number,
  depth: z.object({ buy: list(depth), sell: list(depth) }).nullish(),
})
export const kiteQuotes = z.record(z.string(), kiteQuote)
export type KiteQuote = z.output<typeof kiteQuote>

export const kiteCandles = list(z.object({ date: z.union([z.date(), z.string()]), close: number }))

const charges = z.object({ total: amount }).nullish()
export const kiteOrderMargins = list(z.object({ total: amount, charges }))
export const kiteContractNotes = list(z.object({ charges }))

export const kiteContracts = z.array(
  z.object({
    tradingsymbol: z.string(),
    name: z.string().default(''),
    expiry: z.union([z.date(), z.string()]).nullish(),
    strike: z.unknown(),
    instrument_type: z.string().default(''),
  }),
)

export const kiteProfile = z.object({ user_id: z.string() })

/** What the ticker says of an order, or Kite posts to us. */
export const orderMessage = z.object({ type: z.literal('order'), data: kiteOrder })
