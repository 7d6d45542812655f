import { z } from 'zod'
import { date, decimal, identifier } from './codecs.ts'
import { bookMode } from './signal.ts'

/** Topic `account-updates` (ACC-7a). */
export const accountUpdate = z.object({
  account_id: identifier,
  broker_id: identifier,
  timestamp: date,
  cause: z.enum(['BOOKING', 'SYNC']),
  order_id: z.string().optional(),
})
export type AccountUpdate = z.output<typeof accountUpdate>

/** Topic `sync-requests`. */
export const syncRequest = z.object({ account_id: identifier, requested_at: date })

/** What the scheduler publishes on `run-<step>`. */
export const scheduledRun = z.object({ scheduled_at: date })

const openPosition = z.object({
  instrument_id: z.string(),
  symbol: z.string(),
  /** ≥ 0; `side` says which way. */
  quantity: decimal,
  side: z.enum(['LONG', 'SHORT']),
  avg_price: decimal,
  current_price: decimal,
  unrealized_pnl: decimal,
  /** Whose it is, `EXTERNAL` for nobody's of ours: an instrument that several strategies hold has a line for each. Null only in readings of old. */
  strategy_id: z.string().nullable(),
})

const openOrder = z.object({
  order_id: z.string(),
  symbol: z.string(),
  side: z.enum(['BUY', 'SELL']),
  quantity: decimal,
  order_type: z.string(),
  limit_price: decimal.nullable(),
  status: z.string(),
})

/** ACC-2, in the account's currency. `timestamp` is when the broker was read. */
export const accountState = z.object({
  account_id: identifier,
  broker_id: identifier,
  timestamp: date,
  currency: z.string(),
  equity: decimal,
  cash_balance: decimal,
  margin_used: decimal,
  margin_available: decimal,
  unrealized_pnl: decimal,
  realized_pnl: decimal,
  open_positions: z.array(openPosition),
  open_orders: z.array(openOrder),
})
export type AccountState = z.output<typeof accountState>

/** ACC-3, in the fund's currency. */
export const publicFundState = z.object({
  fund_id: z.string(),
  trading_mode: bookMode,
  paper: z.boolean(),
  timestamp: date,
  currency: z.string(),
  total_equity: decimal,
  total_cash: decimal,
  total_margin_used: decimal,
  total_margin_available: decimal,
  total_unrealized_pnl: decimal,
  total_realized_pnl: decimal,
  margin_utilization_pct: decimal,
  broker_breakdown: z.array(
    z.object({ broker_id: z.string(), equity: decimal, cash: decimal, num_accounts: z.number(), accounts: z.array(z.string()) }),
  ),
  num_brokers: z.number(),
  num_accounts: z.number(),
  stale_accounts: z.array(z.string()),
  /** The dated rates that the totals went through. */
  fx_rates: z.array(z.object({ currency: z.string(), rate: decimal, day: z.string() })).optional(),
})
