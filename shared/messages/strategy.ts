import { z } from 'zod'
import { amount, date, decimal, identifier } from './codecs.ts'
import { assetClass } from './instrument.ts'
import { tradingMode } from './signal.ts'

export const strategyStatus = z.enum(['ACTIVE', 'INACTIVE', 'TESTING'])
export const sizing = z.enum(['full', 'requested_cap'])

const positive = amount.refine(value => value.gt(0), 'must be more than 0')
const text = z.string().max(2_000)

const riskLimits = z.strictObject({
  max_position_size: positive.nullable().default(null),
  max_daily_loss: positive.nullable().default(null),
})

/** What an admin may set (POR-1). */
const editable = {
  strategy_name: z.string().trim().min(1).max(200),
  status: strategyStatus,
  trading_mode: tradingMode,
  account: identifier.nullable(),
  paper_account: identifier.nullable(),
  notional_per_capital: positive,
  include_in_optimization: z.boolean(),
  risk_limits: riskLimits,
  default_instrument: z.strictObject({ ticker: z.string().min(1).max(64), asset_class: assetClass }).nullable(),
  backtest_source: text.nullable(),
  sender_id: identifier.nullable(),
  developer_contact: text.nullable(),
  signal_format: z.string().max(64).nullable(),
  /** From where the path token is taken: addresses or ranges (`10.0.0.0/8`); empty: from anywhere. */
  allowed_addresses: z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).max(50),
  /** Seconds. */
  max_signal_age: z.number().int().min(1).max(604_800),
  sizing,
  emulate_stops: z.boolean(),
  notes: z.string().max(20_000),
}
const changes = z.strictObject(editable).partial()

/** Whoever sends back what was read sends these too; they are not theirs to set. */
const readOnly = z.unknown().optional()
const shownOnly = { created_at: readOnly, updated_at: readOnly, backtest: readOnly, allocation_pct: readOnly, warnings: readOnly }

export const newStrategy = changes.extend({ strategy_id: identifier, reason: text.optional() })
export type NewStrategy = z.output<typeof newStrategy>

export const strategyUpdate = changes.extend({
  ...shownOnly,
  strategy_id: identifier.optional(),
  /** The version that was read: an update of another is refused with 409. */
  version: z.number().int(),
  reason: text.optional(),
})
export type StrategyUpdate = z.output<typeof strategyUpdate>
export const editableFields = Object.keys(editable) as (keyof typeof editable)[]

const backtestSummary = z.object({
  mean_return_daily: z.number(),
  volatility_daily: z.number(),
  sharpe_ratio: z.number().nullable(),
  sortino_ratio: z.number().nullable(),
  max_drawdown: z.number(),
  win_rate: z.number(),
  mean_trade_return: z.number().nullable(),
  margin_per_unit: z.number().nullable(),
  days: z.number(),
  backtest_period: z.object({ start: z.string(), end: z.string() }),
  source_hash: z.string(),
})

/** A strategy as an admin sees it: never a secret, nor its hash. */
export const shownStrategy = z.object({
  strategy_id: z.string(),
  ...editable,
  notional_per_capital: decimal,
  risk_limits: z.object({ max_position_size: decimal.nullable(), max_daily_loss: decimal.nullable() }),
  created_at: date,
  updated_at: date,
  version: z.number(),
  backtest: backtestSummary.nullable(),
  /** Weight in the ACTIVE allocation, in percent; null where it has none. */
  allocation_pct: z.number().nullable(),
  /** What keeps it from trading or from being optimized. */
  warnings: z.array(z.string()),
})
export type ShownStrategy = z.output<typeof shownStrategy>

const success = z.literal('success')
export const strategyAnswer = z.object({ status: success, strategy: shownStrategy })
/** Secrets are shown once: only their hashes are kept. */
export const newStrategyAnswer = strategyAnswer.extend({ secrets: z.object({ api_key: z.string(), passphrase: z.string() }) })
export const strategiesAnswer = z.object({
  status: success,
  strategies: z.array(shownStrategy),
  count: z.number(),
  next_cursor: z.string().nullable(),
})

export const strategyQuery = {
  status: strategyStatus.optional(),
  /** Live or paper account. */
  account: identifier.optional(),
  mode: tradingMode.optional(),
  include_in_optimization: z.enum(['true', 'false']).optional(),
  /** Part of the id, the name or the notes. */
  search: z.string().max(200).optional(),
}
