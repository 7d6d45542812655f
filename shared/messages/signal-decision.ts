import { z } from 'zod'
import { action, signalState, signalType, tradingMode } from './signal.ts'

/** What senders filter on: undecided or held, approved, denied. */
const senderStatus = z.enum(['PENDING', 'EXECUTED', 'REJECTED'])

const decidedLeg = z.object({
  ticker: z.string(),
  action,
  signal_type: signalType,
  status: senderStatus,
  reason_code: z.string().nullable(),
  reason: z.string(),
  wanted_quantity: z.number(),
  position_size: z.number(),
})

/** What an entry that was denied would have made, once that is known: after fees, in the instrument's currency. */
const counterfactual = z.object({
  ticker: z.string(),
  action,
  quantity: z.number(),
  entry_price: z.number(),
  exit_price: z.number(),
  exit_at: z.string(),
  /** The signal that would have closed it; null where its usual holding time was over. */
  ended_by: z.string().nullable(),
  pnl: z.number(),
  fees: z.number(),
  currency: z.string(),
  pnl_pct: z.number(),
})

/** `GET /api/v1/signals/{signal_id}/decision`; what is not known before the decision is null. */
export const signalDecision = z.object({
  signal_id: z.string(),
  strategy_id: z.string(),
  status: senderStatus,
  state: signalState,
  ticker: z.string(),
  action,
  received_at: z.string(),
  decided_at: z.string().nullable(),
  approved: z.boolean().nullable(),
  reason_code: z.string().nullable(),
  reason: z.string().nullable(),
  what_to_do: z.string().nullable(),
  trading_mode: tradingMode.nullable(),
  allocation_pct: z.number().nullable(),
  /** In the fund's currency. */
  available_capital: z.number().nullable(),
  wanted_quantity: z.number().nullable(),
  position_size: z.number().nullable(),
  position_size_usd: z.number().nullable(),
  legs: z.array(decidedLeg),
  counterfactuals: z.array(counterfactual),
  calculation: z.array(z.object({ step: z.string(), result: z.string(), text: z.string(), figures: z.record(z.string(), z.string()) })),
})
export type SignalDecision = z.output<typeof signalDecision>
