import { createHash } from 'node:crypto'
import { isObject, named } from './converters/names.ts'

const BUCKET_MS = 60_000

/** What makes two deliveries the same signal. */
export interface Identity {
  identity: string
  /** Of a body without an id that came in the minute before: a repeat that comes after the turn of the minute is still one. */
  identity_before: string | null
}

interface Sent {
  sender_signal_id: string | null
  /** The body as it is stored, without its secrets. */
  raw: Record<string, unknown>
  now: Date
}

/** The sender's own id; else a hash of the body in a minute, whichever door it came by and however it was written (SIG-6). */
export function identityOf({ sender_signal_id, raw, now }: Sent): Identity {
  if (sender_signal_id !== null) return { identity: `id:${sender_signal_id}`, identity_before: null }
  const bucket = Math.floor(now.getTime() / BUCKET_MS)
  const content = createHash('sha256')
    .update(JSON.stringify(canonical(withoutSender(raw))))
    .digest('hex')
  return { identity: `hash:${content}:${bucket}`, identity_before: `hash:${content}:${bucket - 1}` }
}

/** Whether a signal is young enough to be repeated by one of now without an id. */
export const isOfLastMinute = (received_at: Date, now: Date): boolean => now.getTime() - received_at.getTime() < BUCKET_MS

/** Who sends it is known by then: a door may have been told by a key or an address instead. */
function withoutSender(raw: Record<string, unknown>): Record<string, unknown> {
  const sender = named(raw).written.get('strategy_name')
  return Object.fromEntries(Object.entries(raw).filter(([name]) => name !== sender))
}

/** One form for all that says the same: fields by their names, values as text, what is empty left out. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical)
  if (!isObject(value)) return String(value)
  const fields = Object.entries(value).filter(([, field]) => field !== null && field !== undefined && field !== '')
  return fields.map(([name, field]) => [name, canonical(field)]).sort(([one], [other]) => (String(one) < String(other) ? -1 : 1))
}
