import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const cerebroEnvironment = baseEnvironment.extend({
  /** Each version decides every signal once; a second one may run beside the first. */
  CEREBRO_VERSION: z.string().default('v1'),
  /** The fund's calendar: a strategy's limit on the loss of a day counts from midnight here. */
  FUND_TIME_ZONE: z.string().default('America/New_York'),
})
