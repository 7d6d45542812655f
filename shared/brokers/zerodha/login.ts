import { createHash } from 'node:crypto'
import { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerConnectionError, BrokerError } from '../broker.ts'
import { type AccountPlace, type App, jsonOrNull, readApp, type Settings } from './connection.ts'
import { inWords, refusalOf } from './errors.ts'
import { endOfLogin, momentOf } from './india-time.ts'

// The login itself is one documented request: made here without Kite's client, so that the function that people call carries no broker library.

export interface Login {
  access_token: string
  /** Null where people keep the token themselves. */
  user_id: string | null
  expires_at: Date | null
}

const stored = z.object({ access_token: z.string().min(1), user_id: z.string(), expires_at: z.iso.datetime() })

/** Today's login of an account as its secrets have it; null where there is none, or it has ended. */
export async function readLogin(
  { now, secret }: Pick<AdapterDeps, 'now' | 'secret'>,
  place: AccountPlace,
  fresh = false,
): Promise<Login | null> {
  const held = await secret(place.login_secret, { fresh, followed: true }).catch(missing)
  const parsed = stored.safeParse(held === null ? null : jsonOrNull(held))
  if (parsed.success && new Date(parsed.data.expires_at) > now()) {
    return { ...parsed.data, expires_at: new Date(parsed.data.expires_at) }
  }
  const { access_token } = await readApp({ secret }, place)
  return access_token === null ? null : { access_token, user_id: null, expires_at: null }
}

const missing = (error: unknown): null => {
  if (error instanceof BrokerError && error.message.startsWith('SECRET_UNAVAILABLE')) return null
  throw error
}

/** A login as its secret keeps it. */
export const heldLogin = ({ access_token, user_id, expires_at }: Login): string =>
  JSON.stringify({ access_token, user_id, expires_at: expires_at?.toISOString() })

const answer = z.object({
  data: z.object({ access_token: z.string().min(1), user_id: z.string().min(1), login_time: z.string().nullish() }),
})

/** Kite's proof that we are the app: a hash over the token and the app's secret. */
const checksum = ({ api_key, api_secret }: App, token: string): string =>
  createHash('sha256').update(`${api_key}${token}${api_secret}`).digest('hex')

interface Exchange {
  settings: Pick<Settings, 'url' | 'deadline_ms'>
  app: App
  request_token: string
  now: Date
}

/** Makes a login of a request token. @throws BrokerError where Kite refuses it; BrokerConnectionError where it does not answer */
export async function exchangeToken({ settings, app, request_token, now }: Exchange): Promise<Login> {
  const { api_key, api_secret } = app
  const secrets = [request_token, api_secret]
  const body = new URLSearchParams({ api_key, request_token, checksum: checksum(app, request_token) })
  const { ok, text } = await fetch(`${settings.url}/session/token`, {
    method: 'POST',
    headers: { 'x-kite-version': '3' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(settings.deadline_ms),
  })
    .then(async response => ({ ok: response.ok, text: await response.text() }))
    .catch((): never => {
      throw new BrokerConnectionError(sentence('NO_ANSWER', { asked: 'session/token' }))
    })
  const told = jsonOrNull(text)
  const parsed = answer.safeParse(told)
  if (!ok && told !== null) throw new BrokerError(inWords(refusalOf(told, secrets)))
  if (!ok || !parsed.success) throw new BrokerConnectionError(sentence('UNREADABLE', { asked: 'session/token' }))
  const { access_token, user_id, login_time } = parsed.data.data
  return { access_token, user_id, expires_at: endOfLogin(momentOf(login_time ?? '') ?? now) }
}
