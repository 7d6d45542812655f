import { z } from 'zod'
import { date, decimal, identifier } from './codecs.ts'

/** Cash that should move between two accounts of one broker (ACC-8): proposed by the system, decided and carried out by people. */
export const transfer = z.object({
  transfer_id: z.string(),
  fund_id: z.string(),
  broker_id: identifier,
  from_account: identifier,
  to_account: identifier,
  currency: z.string(),
  amount: decimal,
  /** Margin in percent of equity when it was proposed. */
  from_margin_pct: decimal,
  to_margin_pct: decimal,
  /** LAPSED: no longer needed before anybody decided. RECORDED: a person says that the broker has done it. */
  status: z.enum(['PROPOSED', 'APPROVED', 'REJECTED', 'LAPSED', 'RECORDED']),
  proposed_at: date,
  decided_by: z.string().nullable(),
  decided_at: date.nullable(),
  recorded_by: z.string().nullable(),
  recorded_at: date.nullable(),
  /** The broker's own name for it. */
  reference: z.string().nullable(),
  reason: z.string().nullable(),
})
export type Transfer = z.output<typeof transfer>
