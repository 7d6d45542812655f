import { randomBytes } from 'node:crypto'
import { newPerson, type Person } from './accounts.ts'
import { changed, type PersonChanges } from './changes.ts'
import { isPassword } from './passwords.ts'
import { Refusal } from './refusal.ts'
import { seal, unseal } from './sealed.ts'
import { refreshed, type Session, type Surroundings, sessionOf, tokensOf } from './tokens.ts'
import { DIGITS, newTotpSecret, PERIOD_S, totpPeriod } from './totp.ts'
import { factorInfo, personInfo } from './wire.ts'

export type Input = Record<string, unknown>
export type Call = (surroundings: Surroundings, input: Input) => Promise<object> | object

const PENDING_MS = 10 * 60_000

const seconds = () => Math.floor(Date.now() / 1000)

const newSession = ({ localId }: Person, provider: Session['provider'] = 'password'): Session => ({
  localId,
  provider,
  auth_time: seconds(),
  factor: null,
})

function signedIn(surroundings: Surroundings, person: Person, session: Session) {
  const seen = { ...person, lastLoginAt: Date.now(), lastRefreshAt: Date.now() }
  surroundings.accounts.put(seen)
  const { localId, email, displayName } = seen
  return { localId, email: email ?? '', displayName: displayName ?? '', registered: true, ...tokensOf(surroundings, seen, session) }
}

const signUp: Call = async (surroundings, { email, password, displayName }) => {
  if (typeof email !== 'string' || typeof password !== 'string') throw new Refusal('MISSING_PASSWORD')
  const person = await changed(surroundings.accounts, newPerson(), { email, password, ...(displayName ? { displayName } : {}) })
  return signedIn(surroundings, person, newSession(person))
}

const signInWithPassword: Call = async (surroundings, { email, password }) => {
  const person = surroundings.accounts.byEmail(String(email ?? ''))
  if (!person?.password_hash || !(await isPassword(String(password ?? ''), person.password_hash))) {
    throw new Refusal('INVALID_LOGIN_CREDENTIALS')
  }
  if (person.disabled) throw new Refusal('USER_DISABLED')
  const { localId } = person
  if (person.second_factors.length === 0) return signedIn(surroundings, person, newSession(person))
  const mfaPendingCredential = seal(surroundings.key, 'pending', { localId, until: Date.now() + PENDING_MS })
  return { localId, email: person.email, registered: true, mfaPendingCredential, mfaInfo: person.second_factors.map(factorInfo) }
}

/** The SDK's `signInWithCustomToken`: what the Admin SDK made, unsigned as for an emulator. */
const signInWithCustomToken: Call = (surroundings, { token }) => {
  const { uid, claims } = JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
  const person = surroundings.accounts.byId(uid) ?? newPerson(uid)
  if (person.disabled) throw new Refusal('USER_DISABLED')
  return { ...signedIn(surroundings, person, { ...newSession(person, 'custom'), ...(claims ? { claims } : {}) }), isNewUser: false }
}

const codeOf = (info: unknown): string => String((info as { verificationCode?: unknown } | undefined)?.verificationCode ?? '')

const signInWithFactor: Call = (surroundings, { mfaPendingCredential, mfaEnrollmentId, totpVerificationInfo }) => {
  const pending = unseal<{ localId: string; until: number }>(surroundings.key, 'pending', String(mfaPendingCredential ?? ''))
  if (!pending || pending.until < Date.now()) throw new Refusal('INVALID_MFA_PENDING_CREDENTIAL')
  const person = surroundings.accounts.byId(pending.localId)
  if (!person) throw new Refusal('USER_NOT_FOUND')
  if (person.disabled) throw new Refusal('USER_DISABLED')
  const factor = person.second_factors.find(each => each.mfaEnrollmentId === mfaEnrollmentId)
  if (!factor) throw new Refusal('MFA_ENROLLMENT_NOT_FOUND')
  const last_period = totpPeriod(factor.totp_secret, codeOf(totpVerificationInfo), Date.now())
  if (last_period === null || (!factor.is_demo && last_period <= (factor.last_period ?? 0))) throw new Refusal('INVALID_CODE')
  const second_factors = person.second_factors.map(each => (each === factor ? { ...factor, last_period } : each))
  return {
    ...signedIn(surroundings, { ...person, second_factors }, { ...newSession(person), factor: factor.mfaEnrollmentId }),
    totpAuthInfo: {},
  }
}

const startEnrollment: Call = (surroundings, { idToken }) => {
  const { person } = sessionOf(surroundings, idToken)
  const sharedSecretKey = newTotpSecret()
  const until = Date.now() + PENDING_MS
  return {
    totpSessionInfo: {
      sharedSecretKey,
      verificationCodeLength: DIGITS,
      hashingAlgorithm: 'SHA1',
      periodSec: PERIOD_S,
      sessionInfo: seal(surroundings.key, 'enrollment', { localId: person.localId, sharedSecretKey, until }),
      finalizeEnrollmentTime: new Date(until).toISOString(),
    },
  }
}

interface Enrollment {
  localId: string
  sharedSecretKey: string
  until: number
}

const finishEnrollment: Call = (surroundings, { idToken, displayName, totpVerificationInfo }) => {
  const { person, session } = sessionOf(surroundings, idToken)
  const info = String((totpVerificationInfo as { sessionInfo?: unknown } | undefined)?.sessionInfo ?? '')
  const started = unseal<Enrollment>(surroundings.key, 'enrollment', info)
  if (!started || started.localId !== person.localId || started.until < Date.now()) throw new Refusal('INVALID_SESSION_INFO')
  if (totpPeriod(started.sharedSecretKey, codeOf(totpVerificationInfo), Date.now()) === null) throw new Refusal('INVALID_CODE')
  const factor = {
    mfaEnrollmentId: randomBytes(12).toString('base64url'),
    displayName: String(displayName ?? ''),
    enrolledAt: new Date().toISOString(),
    totp_secret: started.sharedSecretKey,
  }
  const enrolled = { ...person, second_factors: [...person.second_factors, factor] }
  surroundings.accounts.put(enrolled)
  return { ...tokensOf(surroundings, enrolled, { ...session, factor: factor.mfaEnrollmentId }), totpAuthInfo: {} }
}

const withdrawEnrollment: Call = (surroundings, { idToken, mfaEnrollmentId }) => {
  const { person, session } = sessionOf(surroundings, idToken)
  const second_factors = person.second_factors.filter(each => each.mfaEnrollmentId !== mfaEnrollmentId)
  if (second_factors.length === person.second_factors.length) throw new Refusal('MFA_ENROLLMENT_NOT_FOUND')
  const left = { ...person, second_factors }
  surroundings.accounts.put(left)
  return tokensOf(surroundings, left, { ...session, factor: null })
}

const lookup: Call = (surroundings, { idToken }) => ({ users: [personInfo(sessionOf(surroundings, idToken).person)] })

/** What people may change of themselves: never their claims, nor whether they are disabled. */
const updateOwn: Call = async (surroundings, { idToken, displayName, photoUrl, email, password }) => {
  const { person, session } = sessionOf(surroundings, idToken)
  const wanted = Object.entries({ displayName, photoUrl, email, password }).filter(([, value]) => value !== undefined)
  const after = await changed(surroundings.accounts, person, Object.fromEntries(wanted) as PersonChanges)
  surroundings.accounts.put(after)
  return {
    ...personInfo(after),
    ...tokensOf(surroundings, after, { ...session, auth_time: Math.max(session.auth_time, after.validSince) }),
  }
}

const deleteOwn: Call = (surroundings, { idToken }) => {
  surroundings.accounts.remove(sessionOf(surroundings, idToken).person.localId)
  return { kind: 'identitytoolkit#DeleteAccountResponse' }
}

/** `securetoken.googleapis.com/v1/token`, which answers in another style. */
export const refresh: Call = (surroundings, { grant_type, refresh_token }) => {
  if (grant_type !== 'refresh_token') throw new Refusal('INVALID_GRANT_TYPE')
  const { person, session } = refreshed(surroundings, String(refresh_token ?? ''))
  surroundings.accounts.put({ ...person, lastRefreshAt: Date.now() })
  const { idToken, refreshToken, expiresIn } = tokensOf(surroundings, person, session)
  return {
    id_token: idToken,
    access_token: idToken,
    refresh_token: refreshToken,
    expires_in: expiresIn,
    token_type: 'Bearer',
    user_id: person.localId,
    project_id: surroundings.project_id,
  }
}

/** What `firebase` calls, by the address without its version. */
export const clientCalls: Record<string, Call> = {
  'accounts:signUp': signUp,
  'accounts:signInWithPassword': signInWithPassword,
  'accounts:signInWithCustomToken': signInWithCustomToken,
  'accounts:lookup': lookup,
  'accounts:update': updateOwn,
  'accounts:delete': deleteOwn,
  'accounts/mfaSignIn:finalize': signInWithFactor,
  'accounts/mfaEnrollment:start': startEnrollment,
  'accounts/mfaEnrollment:finalize': finishEnrollment,
  'accounts/mfaEnrollment:withdraw': withdrawEnrollment,
}
