import { z } from 'zod'
import { date } from './codecs.ts'

/** Topic `alerts`. */
export const alert = z.object({
  severity: z.enum(['INFO', 'WARNING', 'CRITICAL']),
  /** Alerts of one key are one matter. */
  key: z.string(),
  title: z.string(),
  /** What happened, with its figures, and what to do. */
  detail: z.string(),
  signal_id: z.string().nullable(),
  order_id: z.string().nullable(),
  at: date,
})
export type Alert = z.output<typeof alert>
