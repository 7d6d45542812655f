import { proofOf } from '../../../shared/cloud/sign-in-proof.ts'
import type { Accounts, Person } from './accounts.ts'
import { Refusal } from './refusal.ts'
import { seal, unseal } from './sealed.ts'

const LIFETIME_S = 3600

export interface Surroundings {
  accounts: Accounts
  project_id: string
  /** Proves what was made here; made once a data directory. */
  key: string
}

/** How somebody signed in; every token that follows from it says the same. */
export interface Session {
  localId: string
  provider: 'password' | 'custom'
  /** Seconds. */
  auth_time: number
  /** Id of the second factor that was shown. */
  factor: string | null
  /** Claims of a custom token, which only this session has. */
  claims?: Record<string, unknown>
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Unsigned, as the Admin SDK asks of an emulator; the claim `proof` stands in for the signature. */
function idToken({ project_id, key }: Surroundings, person: Person, session: Session): string {
  const now = Math.floor(Date.now() / 1000)
  const { localId, email, emailVerified, displayName, photoUrl } = person
  const claims = {
    ...JSON.parse(person.customAttributes ?? '{}'),
    ...session.claims,
    ...(displayName ? { name: displayName } : {}),
    ...(photoUrl ? { picture: photoUrl } : {}),
    ...(email ? { email, email_verified: emailVerified } : {}),
    auth_time: session.auth_time,
    user_id: localId,
    firebase: {
      identities: email ? { email: [email] } : {},
      sign_in_provider: session.provider,
      ...(session.factor ? { sign_in_second_factor: 'totp', second_factor_identifier: session.factor } : {}),
    },
    iat: now,
    exp: now + LIFETIME_S,
    aud: project_id,
    iss: `https://securetoken.google.com/${project_id}`,
    sub: localId,
  }
  return `${encoded({ alg: 'none', typ: 'JWT' })}.${encoded({ ...claims, proof: proofOf(key, claims) })}.`
}

/** What a client gets for having signed in. */
export function tokensOf(surroundings: Surroundings, person: Person, session: Session) {
  return {
    idToken: idToken(surroundings, person, session),
    refreshToken: seal(surroundings.key, 'refresh', session),
    expiresIn: String(LIFETIME_S),
  }
}

/** The session that a refresh token stands for, if it still counts. */
export function refreshed(surroundings: Surroundings, refreshToken: string): { person: Person; session: Session } {
  const session = unseal<Session>(surroundings.key, 'refresh', refreshToken)
  if (!session) throw new Refusal('INVALID_REFRESH_TOKEN')
  return { person: stillIn(surroundings, session), session }
}

/** The session of an ID token that a client shows. */
export function sessionOf(surroundings: Surroundings, token: unknown): { person: Person; session: Session } {
  const claims = readClaims(String(token ?? ''))
  const { proof, ...proven } = claims
  if (proof !== proofOf(surroundings.key, proven)) throw new Refusal('INVALID_ID_TOKEN')
  if (Number(claims.exp) * 1000 < Date.now()) throw new Refusal('TOKEN_EXPIRED')
  const { sign_in_provider: provider, second_factor_identifier: factor = null } = claims.firebase as Record<string, string>
  const session = { localId: String(claims.sub), provider, auth_time: Number(claims.auth_time), factor } as Session
  return { person: stillIn(surroundings, session), session }
}

const readClaims = (token: string): Record<string, unknown> => {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  } catch {
    throw new Refusal('INVALID_ID_TOKEN')
  }
}

function stillIn({ accounts }: Surroundings, { localId, auth_time }: Session): Person {
  const person = accounts.byId(localId)
  if (!person) throw new Refusal('USER_NOT_FOUND')
  if (person.disabled) throw new Refusal('USER_DISABLED')
  if (auth_time < person.validSince) throw new Refusal('TOKEN_EXPIRED')
  return person
}
