import { z } from 'zod'
import { date, identifier } from './codecs.ts'

const rowFault = z.object({ line: z.number(), code: z.string(), message: z.string() })

/** Topic `backtest-syncs`. */
export const backtestSyncRequest = z.object({ run_id: z.string(), strategy_id: identifier })

export const syncAccepted = z.object({ status: z.literal('accepted'), run_id: z.string(), strategy_id: z.string(), status_url: z.string() })

/** Polled until `status` is done, unchanged or failed. */
export const syncAnswer = z.object({
  run_id: z.string(),
  strategy_id: z.string(),
  status: z.enum(['queued', 'done', 'unchanged', 'failed']),
  reason: z.string().nullable(),
  /** At most 10,000 are listed; `num_errors` counts all. */
  errors: z.array(rowFault),
  num_errors: z.number(),
  warnings: z.array(z.string()),
  days: z.number().nullable(),
  source_hash: z.string().nullable(),
  requested_at: date,
  finished_at: date.nullable(),
})

/** Both files as texts in one request; a body of type text/csv is the daily file alone. */
export const backtestUpload = z.strictObject({ daily: z.string(), trades: z.string().optional() })

export const backtestLoaded = z.object({
  status: z.enum(['done', 'unchanged']),
  strategy_id: z.string(),
  source_hash: z.string(),
  days: z.number().nullable(),
  warnings: z.array(z.string()),
})
