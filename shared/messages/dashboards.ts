import { z } from 'zod'
import { assetClass } from './instrument.ts'
import { action, signalState } from './signal.ts'

// Made only to be shown, so numbers. Every `_pct` is percent; null where it cannot be known yet.

const figure = z.number().nullable()
const point = z.tuple([z.string(), z.number()])

/** DSH-1. */
export const clientSnapshot = z.object({
  generated_at: z.string(),
  /** Whether these are figures of paper accounts. */
  paper: z.boolean(),
  fund: z.object({
    total_equity: z.number(),
    total_cash: z.number(),
    total_margin_used: z.number(),
    total_unrealized_pnl: z.number(),
    total_realized_pnl: z.number(),
    daily_pnl: figure,
    margin_utilization_pct: z.number(),
    num_open_positions: z.number(),
    num_brokers: z.number(),
    num_accounts: z.number(),
  }),
  performance: z.object({
    daily_return_pct: figure,
    mtd_return_pct: figure,
    ytd_return_pct: figure,
    cagr_pct: figure,
    sharpe_ratio: figure,
    max_drawdown_pct: figure,
    volatility_pct: figure,
  }),
  allocations: z.record(z.string(), z.number()),
  recent_trades: z.array(
    z.object({
      date: z.string(),
      time: z.string(),
      symbol: z.string(),
      side: action,
      quantity: z.number(),
      price: z.number(),
      /** Realized, in the fund's currency; null for a fill that opened. */
      pnl: figure,
      strategy: z.string(),
    }),
  ),
  chart_data: z.object({
    equity_curve: z.array(point),
    daily_returns: z.array(point),
    monthly_returns: z.array(point),
    drawdown: z.array(point),
    returns_distribution: z.array(z.tuple([z.number(), z.number()])),
  }),
})
export type ClientSnapshot = z.output<typeof clientSnapshot>

/** Milliseconds that each phase took, by the state that it ended in. */
const phases = z.record(z.string(), z.number())

const recentSignal = z.object({
  signal_id: z.string(),
  timestamp: z.string(),
  ticker: z.string(),
  action,
  requested_quantity: figure,
  status: z.enum(['PENDING', 'EXECUTED', 'REJECTED']),
  state: signalState,
  actual_quantity: figure,
  position_size_usd: figure,
  allocation_pct: figure,
  execution_price: figure,
  approval_reason: z.string().nullable(),
  pnl: figure,
  earned: figure,
  phases_ms: phases,
})

const shownPosition = z.object({
  ticker: z.string(),
  asset_class: assetClass,
  side: z.enum(['LONG', 'SHORT']),
  quantity: z.number(),
  entry_price: z.number(),
  current_price: figure,
  unrealized_pnl: figure,
  opened_at: z.string(),
  days_held: z.number(),
})

export type ShownPosition = z.output<typeof shownPosition>

/** DSH-5: what a strategy holds now. Totals are null where a part of them has no rate. */
export const positionList = z.object({
  strategy_id: z.string(),
  open_positions: z.array(shownPosition.extend({ exposure_usd: figure })),
  total_exposure_usd: figure,
  total_unrealized_pnl: figure,
})
export type PositionList = z.output<typeof positionList>

/** DSH-2. */
export const senderSnapshot = z.object({
  strategy_id: z.string(),
  generated_at: z.string(),
  summary: z.object({
    total_signals_sent: z.number(),
    signals_executed: z.number(),
    signals_rejected: z.number(),
    rejection_rate_pct: figure,
    win_rate_pct: figure,
    avg_position_size_usd: figure,
    /** Realized and unrealized less fees, in the fund's currency. */
    total_pnl: figure,
    sharpe_ratio: figure,
    current_allocation_pct: figure,
  }),
  performance: z.object({ daily_return_pct: figure, mtd_return_pct: figure, ytd_return_pct: figure, max_drawdown_pct: figure }),
  recent_signals: z.array(recentSignal),
  open_positions: z.array(shownPosition),
  rejection_breakdown: z.record(z.string(), z.number()),
  earnings: z.object({ made: figure, paid: figure, due: figure, next_payment_date: z.string().nullable() }),
})
export type SenderSnapshot = z.output<typeof senderSnapshot>

const shownOrder = z.object({
  order_id: z.string(),
  broker_order_id: z.string().nullable(),
  ticker: z.string(),
  action,
  quantity: z.number(),
  order_type: z.string(),
  status: z.string(),
  is_exit: z.boolean(),
  filled_quantity: z.number(),
  avg_fill_price: figure,
  reason: z.string().nullable(),
})

/** DSH-5: a strategy's signals. What was refused in the database (SIG-3) has no id, and its ticker is not known. */
export const signalList = z.object({
  strategy_id: z.string(),
  signals: z.array(
    recentSignal.pick({ timestamp: true, status: true, state: true, position_size_usd: true, allocation_pct: true }).extend({
      signal_id: z.string().nullable(),
      ticker: z.string().nullable(),
      action: action.nullable(),
      reason: z.string().nullable(),
    }),
  ),
  next_cursor: z.string().nullable(),
})
export type SignalList = z.output<typeof signalList>

/** DSH-5: one signal from the door to its fills. */
export const signalTrail = z.object({
  signal_id: z.string(),
  status: z.enum(['PENDING', 'EXECUTED', 'REJECTED']),
  state: signalState,
  states: z.array(z.object({ state: signalState, at: z.string() })),
  phases_ms: phases,
  cerebro_decision: z
    .object({
      decision: z.string(),
      approved: z.boolean(),
      reason_code: z.string().nullable(),
      reason: z.string(),
      signal_type: z.string().nullable(),
      allocation_pct: z.number(),
      available_capital: z.number(),
      wanted_quantity: z.number(),
      position_size: z.number(),
      position_size_usd: z.number(),
      timestamp: z.string(),
    })
    .nullable(),
  orders: z.array(shownOrder),
  execution: z
    .object({
      filled_quantity: z.number(),
      avg_fill_price: z.number(),
      commission: z.number(),
      fills: z.array(
        z.object({ execution_id: z.string(), quantity: z.number(), price: z.number(), commission: z.number(), time: z.string() }),
      ),
    })
    .nullable(),
})
export type SignalTrail = z.output<typeof signalTrail>
