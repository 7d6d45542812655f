import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secrets } from '../../shared/cloud/cached-secrets.ts'
import { sha256 } from '../../shared/runtime/access.ts'
import { SEALING_SECRET, unseal } from '../../shared/runtime/sealed.ts'

/** How far the sender's clock may be from ours, either way. */
const WINDOW_MS = 5 * 60_000

export interface Signed {
  /** Of `X-Signature`, in lower case. */
  hex: string
  /** `X-Timestamp` as it was sent: it is part of what is signed. */
  timestamp: string
  rawBody: Buffer
}

type Headers = Record<string, string | string[] | undefined>

/** A request's signature; null where it has none of the right form. */
export function signatureOf(headers: Headers, rawBody: Buffer): Signed | null {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(String(headers['x-signature'] ?? ''))?.[1]
  const timestamp = String(headers['x-timestamp'] ?? '')
  return hex !== undefined && /^\d{1,12}$/.test(timestamp) ? { hex: hex.toLowerCase(), timestamp, rawBody } : null
}

const isFresh = (timestamp: string, now: Date): boolean => Math.abs(now.getTime() - Number(timestamp) * 1000) <= WINDOW_MS

/** After this moment a signature is refused for its age. */
export const endOf = ({ timestamp }: Signed): Date => new Date(Number(timestamp) * 1000 + WINDOW_MS)

/** Hash by which a signature is remembered: what is stored must not sign anything. */
export const fingerprint = ({ hex }: Signed): string => sha256(hex)

interface Signer {
  strategy_id: string
  hmac_keys: readonly string[]
}

/** Whether one of a strategy's keys signed `<X-Timestamp>.<raw body>` less than 5 minutes ago. */
export async function isSignedBy(
  signer: Signer | null,
  signed: Signed,
  { secrets, now }: { secrets: Secrets; now: Date },
): Promise<boolean> {
  const sealing = signer && signer.hmac_keys.length > 0 ? await secrets.read(SEALING_SECRET) : null
  const keys =
    sealing === null ? [] : (signer?.hmac_keys ?? []).map(sealed => unseal(sealed, { key: sealing, bound_to: signer?.strategy_id ?? '' }))
  const given = Buffer.from(signed.hex, 'hex')
  // Every key is tried, whichever fits, and one where there is none.
  const fitting = (keys.length > 0 ? keys : [null]).map(key => timingSafeEqual(hmac(key ?? '', signed), given) && key !== null)
  return fitting.includes(true) && isFresh(signed.timestamp, now)
}

const hmac = (key: string, { timestamp, rawBody }: Signed): Buffer =>
  createHmac('sha256', key).update(`${timestamp}.`).update(rawBody).digest()
