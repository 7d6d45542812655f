import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { action } from '../messages/signal.ts'
import { collection, readOrNull, type Store } from './collection.ts'

// The paper broker's own book. No step but its adapter reads or writes it.

const paperPosition = z.object({
  instrument_id: z.string(),
  symbol: z.string(),
  quantity: decimal,
  cost: decimal,
  realized_pnl: decimal,
  lots: z.array(z.object({ execution_id: z.string(), quantity: decimal, price: decimal, opened_at: date })),
})
export type PaperPosition = z.output<typeof paperPosition>

const paperAccount = z.object({
  account_id: z.string(),
  broker_id: z.string(),
  currency: z.string(),
  account_type: z.string(),
  /** What it was opened with, in `currency`. */
  start_cash: decimal,
  /** By currency. */
  cash: z.record(z.string(), decimal),
  /** By currency: realized P&L and fees since it was opened. */
  realized_pnl: z.record(z.string(), decimal),
  fees: z.record(z.string(), decimal),
  positions: z.array(paperPosition),
  /** Fills that are in it, but whose order does not say so yet. */
  pending_fills: z.array(z.string()),
  version: z.number(),
})
export type PaperAccount = z.output<typeof paperAccount>

export const paperAccounts = collection('paper_accounts', {
  schema: paperAccount,
  indexes: [{ key: { account_id: 1 }, unique: true }],
  retention: 'forever',
})

const paperFill = z.object({
  execution_id: z.string(),
  account_id: z.string(),
  broker_order_id: z.string(),
  client_order_id: z.string(),
  instrument_id: z.string(),
  action,
  quantity: decimal,
  price: decimal,
  commission: decimal,
  commission_currency: z.string(),
  time: date,
})
export type PaperFill = z.output<typeof paperFill>

export const paperFills = collection('paper_fills', {
  schema: paperFill,
  indexes: [
    { key: { account_id: 1, execution_id: 1 }, unique: true },
    { key: { account_id: 1, time: 1 } },
    { key: { broker_order_id: 1 } },
  ],
  retention: 'forever',
})

const paperOrder = z.object({
  account_id: z.string(),
  client_order_id: z.string(),
  broker_order_id: z.string(),
  instrument_id: z.string(),
  symbol: z.string(),
  action,
  quantity: decimal,
  order_type: z.string(),
  limit_price: decimal.nullable(),
  status: z.enum(['ACCEPTED', 'FILLED', 'REJECTED', 'CANCELED']),
  reason: z.string().nullable(),
  /** Decided when the order was accepted, so that doing it again gives the same. */
  fills: z.array(paperFill),
  accepted_at: date,
})
export type PaperOrder = z.output<typeof paperOrder>

export const paperOrders = collection('paper_orders', {
  schema: paperOrder,
  indexes: [{ key: { account_id: 1, client_order_id: 1 }, unique: true }, { key: { account_id: 1, status: 1 } }],
  retention: 'forever',
})

export const paperAccountOf = async (store: Store, account_id: string) =>
  readOrNull(paperAccounts, await paperAccounts.in(store).findOne({ account_id }))

export const paperOrderOf = async (store: Store, { account_id, client_order_id }: { account_id: string; client_order_id: string }) =>
  readOrNull(paperOrders, await paperOrders.in(store).findOne({ account_id, client_order_id }))
