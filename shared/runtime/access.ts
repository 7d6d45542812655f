import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { JudgeToken, SignedIn, TokenFault } from '../cloud/sign-in.ts'
import type { Store } from '../store/collection.ts'
import { strategyById, strategyOfApiKey } from '../store/strategy-configurations.ts'
import type { BaseConfig } from './configuration.ts'
import { Problem } from './problem.ts'

export const roles = ['admin', 'client', 'sender'] as const
export type Role = (typeof roles)[number]

/**
 * Who may call a route: anyone; whoever shows a sender's credential inside the request (the handler checks it); the strategy that the path
 * names, by its `X-API-Key`, by its sender who has signed in, or by an admin; or people with one of these roles.
 */
export type Access = 'public' | 'sender-credential' | 'strategy-key' | readonly Role[]

export interface Person {
  uid: string
  email: string | null
  role: Role
  /** Whose data a client sees: the claim `client_id`, else the uid. */
  client_id: string
  /** Whose strategies a sender sees: the claim `sender_id`, else the uid. */
  sender_id: string
}

export type Caller = { kind: 'anyone' } | { kind: 'strategy'; strategy_id: string } | { kind: 'person'; person: Person }

/** How a caller stands in the audit log. */
export function whoIs(caller: Caller): string {
  if (caller.kind === 'person') return caller.person.email ?? caller.person.uid
  return caller.kind === 'strategy' ? `strategy ${caller.strategy_id}` : 'anyone'
}

export interface Question {
  store: Store
  judge: JudgeToken
  environment: BaseConfig['ENVIRONMENT']
  access: Access
  method: string
  headers: IncomingHttpHeaders
  params: unknown
}

/** What of a path belongs to somebody. */
interface Owned {
  strategy_id?: string
  client_id?: string
  sender_id?: string
}

const unauthenticated = (detail: string, code = 'NOT_AUTHENTICATED') =>
  new Problem({ status: 401, code, detail, headers: { 'www-authenticate': 'Bearer' } })

const forbidden = (code: string, detail: string) => new Problem({ status: 403, code, detail })

/**
 * Who calls, where the route lets them in.
 * @throws Problem 401 without a valid credential; 403 without the role, the second factor, or with another's data
 */
export async function callerOf(question: Question): Promise<Caller> {
  const { access, headers } = question
  if (access === 'public' || access === 'sender-credential') return { kind: 'anyone' }
  if (access !== 'strategy-key') return personOf(question, access)
  const key = headers['x-api-key']
  if (key === undefined && headers.authorization !== undefined) return personOf(question, ['sender', 'admin'])
  return strategyOf(question, key)
}

async function strategyOf({ store, params }: Question, key: string | string[] | undefined): Promise<Caller> {
  const strategy_id = typeof key === 'string' && key !== '' ? await strategyOfApiKey(store, sha256(key)) : null
  if (strategy_id === null) throw unauthenticated('Send the strategy’s key in the header X-API-Key.')
  if ((params as Owned).strategy_id !== strategy_id) throw forbidden('ANOTHER_STRATEGY', 'This key belongs to another strategy.')
  return { kind: 'strategy', strategy_id }
}

const tokenFaults: Record<TokenFault, string> = {
  INVALID: 'The token is none of ours. Sign in, and send its ID token as Authorization: Bearer.',
  EXPIRED: 'The token has expired. Ask for a new one with the refresh token.',
  REVOKED: 'This session was ended. Sign in again.',
  DISABLED: 'This account is disabled.',
}

async function personOf(question: Question, allowed: readonly Role[]): Promise<Caller> {
  const { judge, headers, method, environment } = question
  const [, token] = /^Bearer (\S+)$/i.exec(headers.authorization ?? '') ?? []
  if (token === undefined) throw unauthenticated('Sign in, and send the ID token as Authorization: Bearer.')
  // What changes something is let in only by a token that counts at this moment.
  const verdict = await judge(token, { fresh: method !== 'GET' })
  if (verdict.kind === 'refused') throw unauthenticated(tokenFaults[verdict.fault], `TOKEN_${verdict.fault}`)
  const person = withRole(verdict.person)
  if (!person || !allowed.includes(person.role)) {
    throw forbidden('ROLE_NOT_ALLOWED', `This address is for ${allowed.join(' and ')}; you are ${person?.role ?? 'without a role'}.`)
  }
  if (person.role === 'admin' && environment === 'production' && !verdict.person.second_factor) {
    throw forbidden('SECOND_FACTOR_REQUIRED', 'Admins sign in with a second factor in production. Enrol one and sign in again.')
  }
  await refuseAnothers(question, person)
  return { kind: 'person', person }
}

/** The role is the custom claim `role`. */
function withRole({ uid, email, claims }: SignedIn): Person | null {
  const role = roles.find(each => each === claims.role)
  const idOf = (claim: unknown) => (typeof claim === 'string' && claim !== '' ? claim : uid)
  return role ? { uid, email, role, client_id: idOf(claims.client_id), sender_id: idOf(claims.sender_id) } : null
}

/** Clients and senders see what is theirs; what the path names as another's is refused. */
async function refuseAnothers({ store, params }: Question, { role, client_id, sender_id }: Person): Promise<void> {
  const named = (params ?? {}) as Owned
  if (role === 'client' && named.client_id !== undefined && named.client_id !== client_id) {
    throw forbidden('ANOTHER_CLIENT', 'This belongs to another client.')
  }
  if (role !== 'sender') return
  if (named.sender_id !== undefined && named.sender_id !== sender_id) throw forbidden('ANOTHER_SENDER', 'This belongs to another sender.')
  if (named.strategy_id === undefined) return
  const owner = (await strategyById(store, named.strategy_id))?.sender_id
  if (owner !== sender_id) throw forbidden('ANOTHER_STRATEGY', 'This strategy is not one of yours.')
}

/** How generated secrets (≥ 128 bit) are stored: a fast hash, since they cannot be guessed. */
export const sha256 = (secret: string): string => createHash('sha256').update(secret).digest('hex')
