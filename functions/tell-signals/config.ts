import { z } from 'zod'
import { baseEnvironment } from '../../shared/runtime/configuration.ts'

export const tellEnvironment = baseEnvironment.extend({
  /** The chat that the fund's bot writes to; nothing is told without it, or without the secret `telegram-token`. */
  TELEGRAM_CHAT_ID: z.string().optional(),
  TELEGRAM_URL: z.string().default('https://api.telegram.org'),
})
export type TellConfig = z.output<typeof tellEnvironment>
