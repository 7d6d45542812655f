import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const environment = baseEnvironment.extend({
  FUND_TIME_ZONE: z.string().default('America/New_York'),
  /** Where the jobs of Cloud Scheduler are. */
  GOOGLE_CLOUD_REGION: z.string().default('us-east4'),
  /** On one machine, the local scheduler. */
  CLOUD_SCHEDULER_EMULATOR_HOST: z.string().optional(),
})
