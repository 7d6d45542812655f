import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

/** Part of order ids and of account ids. */
const versionName = z.string().regex(/^[a-z0-9]{1,8}$/, 'must be 1 to 8 lower-case letters or digits')

export const cerebroEnvironment = baseEnvironment.extend({
  /** Each version decides every signal once; a second one may run beside the first. */
  CEREBRO_VERSION: versionName.default('v1'),
  /** The version that decides in shadow beside another; the step whose own version it is does not trade for anybody. */
  CEREBRO_SHADOW: versionName.optional(),
  /** The fund's calendar: a strategy's limit on the loss of a day counts from midnight here. */
  FUND_TIME_ZONE: z.string().default('America/New_York'),
})
