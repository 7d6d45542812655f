import { z } from 'zod'
import { signalStates } from '../domain/signal/states.ts'
import { date, decimal, identifier } from './codecs.ts'
import { instrumentName } from './instrument.ts'

export const action = z.enum(['BUY', 'SELL'])
export const orderType = z.enum([
  'MARKET',
  'LIMIT',
  'STOP',
  'STOP_LIMIT',
  'TRAILING_STOP',
  'MARKET_ON_OPEN',
  'MARKET_ON_CLOSE',
  'LIMIT_ON_OPEN',
  'LIMIT_ON_CLOSE',
  'BRACKET',
  'OCO',
])
export const timeInForce = z.enum(['DAY', 'GTC', 'IOC', 'FOK', 'GTD'])
export const tradingMode = z.enum(['LIVE', 'PAPER'])
/** Whose books something stands in: SHADOW for a version of Cerebro that only shows what it would do (CER-11). */
export const bookMode = z.enum([...tradingMode.options, 'SHADOW'])
export type BookMode = z.output<typeof bookMode>
export const signalType = z.enum(['ENTRY', 'EXIT'])

export const leg = z.object({
  instrument_id: z.string(),
  instrument: instrumentName,
  quote_at_receipt: z.object({ bid: decimal, ask: decimal, as_of: date }).nullable(),
  /** Null where the sender did not say: Cerebro infers it from the strategy's position. */
  signal_type: signalType.nullable(),
  action,
  requested_quantity: decimal.nullable(),
  order_type: orderType,
  price: decimal.nullable(),
  limit_price: decimal.nullable(),
  stop_price: decimal.nullable(),
  stop_loss: decimal.nullable(),
  take_profit: decimal.nullable(),
  trail_pct: decimal.nullable(),
  time_in_force: timeInForce,
  expires_at: date.nullable(),
})
export type Leg = z.output<typeof leg>

/** Topic `standardized-signals` (SIG-8): one message a signal, all its legs. */
export const standardizedSignal = z.object({
  signal_id: z.string(),
  strategy_id: identifier,
  sender_signal_id: z.string().nullable(),
  environment: z.string(),
  source: z.string(),
  sent_at: date.nullable(),
  received_at: date,
  latency_ms: z.number().nullable(),
  legs: z.array(leg).min(1),
  /** The position that the sender expects to hold afterwards, signed, in units. */
  position_after: decimal.nullable(),
})
export type StandardizedSignal = z.output<typeof standardizedSignal>

export const signalState = z.enum(signalStates)
