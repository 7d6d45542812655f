import { z } from 'zod'
import { date, decimal } from './codecs.ts'
import { action, signalState } from './signal.ts'

/** What a sender is answered (SIG-7). */
export const signalAnswer = z.object({
  signal_id: z.string(),
  status: signalState,
  received_at: date,
  duplicate: z.boolean(),
  environment: z.string(),
  /** Where to follow the signal to its fills, with the strategy's `X-API-Key`. */
  status_url: z.string(),
  /** What was understood. */
  echo: z.object({
    strategy_id: z.string(),
    sender_signal_id: z.string().nullable(),
    legs: z.array(
      z.object({ instrument_id: z.string(), ticker: z.string(), action, quantity: decimal.nullable(), order_type: z.string() }),
    ),
  }),
})
export type SignalAnswer = z.output<typeof signalAnswer>
