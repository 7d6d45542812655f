import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const dashboardEnvironment = baseEnvironment.extend({
  /** The fund's calendar: days, months and years begin at midnight here. */
  FUND_TIME_ZONE: z.string().default('America/New_York'),
})
