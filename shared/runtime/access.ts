import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Store } from '../store/collection.ts'
import { strategyOfApiKey } from '../store/strategy-configurations.ts'
import { Problem } from './problem.ts'

export const roles = ['admin', 'client', 'sender'] as const
export type Role = (typeof roles)[number]

/**
 * Who may call a route: anyone; whoever shows a sender's credential inside the request (the handler checks it); the holder of the
 * `X-API-Key` of the strategy that the path names; or people with one of these roles.
 */
export type Access = 'public' | 'sender-credential' | 'strategy-key' | readonly Role[]

export type Caller = { kind: 'anyone' } | { kind: 'strategy'; strategy_id: string }

interface Question {
  store: Store
  access: Access
  headers: IncomingHttpHeaders
  params: unknown
}

const unauthenticated = (detail: string) =>
  new Problem({ status: 401, code: 'NOT_AUTHENTICATED', detail, headers: { 'www-authenticate': 'Bearer' } })

/**
 * Who calls, where the route lets them in.
 * @throws Problem 401 without a valid credential, 403 with another strategy's
 */
export async function callerOf({ store, access, headers, params }: Question): Promise<Caller> {
  if (access === 'public' || access === 'sender-credential') return { kind: 'anyone' }
  if (access !== 'strategy-key') throw unauthenticated('Sign in: this address is for people with a role.')
  const key = headers['x-api-key']
  const strategy_id = typeof key === 'string' && key !== '' ? await strategyOfApiKey(store, sha256(key)) : null
  if (strategy_id === null) throw unauthenticated('Send the strategy’s key in the header X-API-Key.')
  if ((params as { strategy_id?: string }).strategy_id !== strategy_id) {
    throw new Problem({ status: 403, code: 'ANOTHER_STRATEGY', detail: 'This key belongs to another strategy.' })
  }
  return { kind: 'strategy', strategy_id }
}

/** How generated secrets (≥ 128 bit) are stored: a fast hash, since they cannot be guessed. */
export const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex')
