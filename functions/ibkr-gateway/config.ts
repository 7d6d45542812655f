import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const gatewayEnvironment = baseEnvironment.extend({
  /** The fund's calendar: its days begin at midnight here. */
  FUND_TIME_ZONE: z.string().default('America/New_York'),
})
