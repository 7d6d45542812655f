import { z } from 'zod'
import { orderStatuses } from '../domain/order/transitions.ts'
import { date, decimal, identifier } from './codecs.ts'
import { instrumentName } from './instrument.ts'
import { action, bookMode, orderType, timeInForce } from './signal.ts'

/** What every message about an order says of it. */
const orderSubject = {
  order_id: z.string(),
  client_order_id: z.string(),
  signal_id: z.string(),
  strategy_id: identifier,
  account_id: identifier,
  broker_id: identifier,
  trading_mode: bookMode,
  instrument_id: z.string(),
  instrument: instrumentName,
  action,
  quantity: decimal,
  is_exit: z.boolean(),
}

/** Topic `trading-orders` (CER-9). */
export const orderCommand = z.object({
  command: z.enum(['PLACE', 'MODIFY', 'CANCEL']),
  target_order_id: z.string().nullable(),
  ...orderSubject,
  order_type: orderType,
  limit_price: decimal.nullable(),
  stop_price: decimal.nullable(),
  stop_loss: decimal.nullable(),
  take_profit: decimal.nullable(),
  trail_amount: decimal.nullable(),
  trail_pct: decimal.nullable(),
  time_in_force: timeInForce,
  expires_at: date.nullable(),
  /** Largest loss against the signal's price, as a fraction of it; null where none was set. */
  max_slippage: z.number().nullable(),
  signal_received_at: date,
})
export type OrderCommand = z.output<typeof orderCommand>

export type OrderType = z.output<typeof orderType>
export type TimeInForce = z.output<typeof timeInForce>

export const orderStatus = z.enum(orderStatuses)

export const fillReport = z.object({
  execution_id: z.string(),
  price: decimal,
  quantity: decimal,
  time: date,
  commission: decimal,
  commission_currency: z.string(),
  /** The broker has not told the commission yet: it is patched when it does. */
  commission_pending: z.boolean().optional(),
  /** Units of what was traded that the broker kept as its fee; `commission` says what they were worth at the fill's price. */
  fee_quantity: decimal.optional(),
  /** The execution that this one replaces. */
  corrects: z.string().optional(),
})
export type FillReport = z.output<typeof fillReport>

/** Topic `execution-confirmations` (EXE-8), with what booking needs of the order. */
export const executionConfirmation = z.object({
  /** Deterministic: the order and the version of its document that says this. */
  confirmation_id: z.string(),
  ...orderSubject,
  broker_order_id: z.string().nullable(),
  status: orderStatus,
  filled_qty: decimal,
  remaining_qty: decimal,
  avg_fill_price: decimal.nullable(),
  fills: z.array(fillReport),
  reason: z.string().nullable(),
  timestamp: date,
})
export type ExecutionConfirmation = z.output<typeof executionConfirmation>
