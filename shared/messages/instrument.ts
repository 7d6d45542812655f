import { z } from 'zod'
import { date, decimal } from './codecs.ts'

export const assetClass = z.enum(['EQUITY', 'OPTION', 'FUTURE', 'FOREX', 'CRYPTO', 'INDEX'])

/** How an instrument is named in messages; the rest is in `instruments`. */
export const instrumentName = z.object({
  symbol: z.string().min(1).max(64),
  asset_class: assetClass,
  exchange: z.string().nullable(),
  currency: z.string(),
  expiry: z.string().nullable(),
  strike: decimal.nullable(),
  right: z.enum(['CALL', 'PUT']).nullable(),
  multiplier: decimal,
})

export const instrument = instrumentName.extend({
  instrument_id: z.string().min(1).max(96),
  name: z.string(),
  lot: decimal,
  tick: decimal,
  margin_per_lot: decimal.nullable(),
  /** Percent of notional. */
  margin_pct: decimal.nullable(),
  calendar: z.string(),
  /** Other names by which senders and brokers know it. */
  broker_symbols: z.record(z.string(), z.string()),
  /** The continuous symbol that this contract stands for now, such as `ES1!`. */
  continuous_of: z.string().nullable(),
})
export type InstrumentDocument = z.output<typeof instrument>

export const quote = z.object({
  instrument_id: z.string(),
  bid: decimal,
  ask: decimal,
  last: decimal,
  as_of: date,
  source: z.string(),
})
export type QuoteDocument = z.output<typeof quote>
