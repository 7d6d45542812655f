import { z } from 'zod'

export interface TelegramChat {
  /** `https://api.telegram.org`, or a simulator. */
  base_url: string
  token: string
  chat_id: string
  timeoutMs: number
}

export type Sent = { ok: true } | { ok: false; reason: string }

const answer = z.object({ ok: z.boolean(), description: z.string().optional() })

/** The most that one message may hold is 4,096 characters. */
export const MOST_CHARACTERS = 4_000

/**
 * Sends a text to a chat (Bot API, sendMessage). It never throws: what went wrong is told without the token, which is part of the address.
 */
export async function sendTelegram({ base_url, token, chat_id, timeoutMs }: TelegramChat, text: string): Promise<Sent> {
  try {
    const response = await fetch(`${base_url}/bot${token}/sendMessage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ chat_id, text, link_preview_options: { is_disabled: true } }),
      signal: AbortSignal.timeout(timeoutMs),
    })
    const told = answer.safeParse(await response.json())
    if (response.ok && told.success && told.data.ok) return { ok: true }
    return {
      ok: false,
      reason: `${response.status} ${told.success ? (told.data.description ?? '') : 'not an answer of the Bot API'}`.trim(),
    }
  } catch (error) {
    return { ok: false, reason: faultOf(error).replaceAll(token, '…') }
  }
}

const faultOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
