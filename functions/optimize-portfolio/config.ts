import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const environment = baseEnvironment.extend({ FUND_TIME_ZONE: z.string().default('America/New_York') })
