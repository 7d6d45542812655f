import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deleteApp, type FirebaseApp, initializeApp } from 'firebase/app'
import {
  connectAuthEmulator,
  createUserWithEmailAndPassword,
  getMultiFactorResolver,
  initializeAuth,
  inMemoryPersistence,
  type MultiFactorError,
  multiFactor,
  signInWithCustomToken,
  signInWithEmailAndPassword,
  TotpMultiFactorGenerator,
  updatePassword,
  updateProfile,
} from 'firebase/auth'
import { initializeApp as initializeAdmin } from 'firebase-admin/app'
import { type Auth, getAuth as getAdminAuth } from 'firebase-admin/auth'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startIdentity } from '../../../scripts/local/identity/start.ts'
import { totpCode } from '../../../scripts/local/identity/totp.ts'
import { openSignIn } from '../../../shared/cloud/sign-in.ts'

const project_id = 'test-project'
const dataDir = mkdtempSync(join(tmpdir(), 'identity-'))
const apps: FirebaseApp[] = []
let server: Server
let url: string
let names = 0

const start = async (port: number) => {
  process.env.FIREBASE_AUTH_EMULATOR_HOST = '127.0.0.1:1'
  const started = await startIdentity({ dataDir, port, project_id, demo: true })
  if (!started) throw new Error('the identity server did not start')
  server = started
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.FIREBASE_AUTH_EMULATOR_HOST = host
  url = `http://${host}`
}

const stop = () =>
  new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  })

beforeAll(() => start(0))
afterAll(async () => {
  await Promise.all(apps.map(deleteApp))
  await stop()
  rmSync(dataDir, { recursive: true })
})

/** A browser of its own, with nobody signed in. */
function client() {
  names += 1
  const app = initializeApp({ apiKey: 'any', projectId: project_id }, `client-${names}`)
  apps.push(app)
  const auth = initializeAuth(app, { persistence: inMemoryPersistence })
  connectAuthEmulator(auth, url, { disableWarnings: true })
  return auth
}

/** The Admin SDK reads where its server is when it is made. */
const admins = new Map<string, Auth>()
const admin = (): Auth => {
  const known = admins.get(url) ?? getAdminAuth(initializeAdmin({ projectId: project_id }, url))
  admins.set(url, known)
  return known
}

const newEmail = () => {
  names += 1
  return `somebody-${names}@example.com`
}

const newUser = async (claims: object | null = null) => {
  const email = newEmail()
  const { uid } = await admin().createUser({ email, password: 'correct horse', displayName: 'Some Body' })
  if (claims) await admin().setCustomUserClaims(uid, claims)
  return { email, uid }
}

const codeOf = (error: unknown) => (error as { code?: string }).code

const refusalOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'accepted',
    error => codeOf(error),
  )

test('somebody signs up, is known to the Admin SDK, and signs in again with the password', async () => {
  const email = newEmail()
  const { user } = await createUserWithEmailAndPassword(client(), email, 'correct horse')
  expect(await admin().getUserByEmail(email)).toMatchObject({ uid: user.uid, disabled: false, emailVerified: false })
  const again = await signInWithEmailAndPassword(client(), email.toUpperCase(), 'correct horse')
  expect(again.user.uid).toBe(user.uid)
  expect(again.user.email).toBe(email)
})

test('a wrong password, an unknown address, a weak password and a taken address are refused by their names', async () => {
  const { email } = await newUser()
  expect(await refusalOf(signInWithEmailAndPassword(client(), email, 'wrong horse'))).toBe('auth/invalid-credential')
  expect(await refusalOf(signInWithEmailAndPassword(client(), newEmail(), 'correct horse'))).toBe('auth/invalid-credential')
  expect(await refusalOf(createUserWithEmailAndPassword(client(), newEmail(), 'short'))).toBe('auth/weak-password')
  expect(await refusalOf(createUserWithEmailAndPassword(client(), email, 'correct horse'))).toBe('auth/email-already-in-use')
  expect(await refusalOf(admin().createUser({ email, password: 'correct horse' }))).toBe('auth/email-already-exists')
})

test('custom claims are in the next token, which the Admin SDK verifies', async () => {
  const { email, uid } = await newUser()
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  await admin().setCustomUserClaims(uid, { role: 'client', client_id: 'c1' })
  expect((await user.getIdTokenResult()).claims.role).toBeUndefined()
  const renewed = await user.getIdTokenResult(true)
  expect(renewed.claims).toMatchObject({ role: 'client', client_id: 'c1', email })
  expect(await admin().verifyIdToken(renewed.token)).toMatchObject({ uid, aud: project_id, role: 'client' })
})

test('people of the same e-mail address are found, listed in pages, changed and deleted by the Admin SDK', async () => {
  const { email, uid } = await newUser({ role: 'sender' })
  await admin().updateUser(uid, { displayName: 'Another Name', emailVerified: true, phoneNumber: '+15550100' })
  const record = await admin().getUser(uid)
  expect(record).toMatchObject({ email, displayName: 'Another Name', emailVerified: true, customClaims: { role: 'sender' } })
  expect((await admin().getUserByPhoneNumber('+15550100')).uid).toBe(uid)
  const first = await admin().listUsers(2)
  expect(first.users).toHaveLength(2)
  const second = await admin().listUsers(2, first.pageToken)
  expect(second.users.map(user => user.uid)).not.toContain(first.users[0]?.uid)
  await admin().deleteUser(uid)
  expect(await refusalOf(admin().getUser(uid))).toBe('auth/user-not-found')
  const others = await Promise.all([newUser(), newUser()])
  const deleted = await admin().deleteUsers(others.map(other => other.uid))
  expect(deleted).toMatchObject({ successCount: 2, failureCount: 0 })
})

test('people change their own name and password, and may delete themselves, but cannot give themselves a role', async () => {
  const { email, uid } = await newUser()
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  await updateProfile(user, { displayName: 'Own Name' })
  await updatePassword(user, 'battery staple')
  expect((await admin().getUser(uid)).displayName).toBe('Own Name')
  expect(await refusalOf(signInWithEmailAndPassword(client(), email, 'correct horse'))).toBe('auth/invalid-credential')
  const body = JSON.stringify({ idToken: await user.getIdToken(), customAttributes: '{"role":"admin"}', disableUser: false })
  await fetch(`${url}/identitytoolkit.googleapis.com/v1/accounts:update?key=any`, { method: 'POST', body })
  expect((await admin().getUser(uid)).customClaims ?? {}).toEqual({})
  const signedIn = await signInWithEmailAndPassword(client(), email, 'battery staple')
  await signedIn.user.delete()
  expect(await refusalOf(admin().getUser(uid))).toBe('auth/user-not-found')
})

test('an enrolled second factor is asked for at sign-in and told in the token', async () => {
  const { email, uid } = await newUser()
  const auth = client()
  const { user } = await signInWithEmailAndPassword(auth, email, 'correct horse')
  const session = await multiFactor(user).getSession()
  const secret = await TotpMultiFactorGenerator.generateSecret(session)
  expect(secret.generateQrCodeUrl(email, 'Fund')).toContain(`secret=${secret.secretKey}`)
  const wrong = TotpMultiFactorGenerator.assertionForEnrollment(secret, '000000')
  expect(await refusalOf(multiFactor(user).enroll(wrong, 'Phone'))).toBe('auth/invalid-verification-code')
  const right = TotpMultiFactorGenerator.assertionForEnrollment(secret, totpCode(secret.secretKey, Date.now()))
  await multiFactor(user).enroll(right, 'Phone')
  expect((await admin().getUser(uid)).multiFactor?.enrolledFactors).toMatchObject([{ factorId: 'totp', displayName: 'Phone' }])

  const other = client()
  const asked = await signInWithEmailAndPassword(other, email, 'correct horse').catch(error => error as MultiFactorError)
  expect(codeOf(asked)).toBe('auth/multi-factor-auth-required')
  const resolver = getMultiFactorResolver(other, asked as MultiFactorError)
  const [hint] = resolver.hints
  expect(hint).toMatchObject({ factorId: 'totp', displayName: 'Phone' })
  const answer = (code: string) => resolver.resolveSignIn(TotpMultiFactorGenerator.assertionForSignIn(hint?.uid ?? '', code))
  expect(await refusalOf(answer('000000'))).toBe('auth/invalid-verification-code')
  const done = await answer(totpCode(secret.secretKey, Date.now()))
  const decoded = await admin().verifyIdToken(await done.user.getIdToken())
  expect(decoded.firebase).toMatchObject({ sign_in_provider: 'password', sign_in_second_factor: 'totp' })
  const renewed = await admin().verifyIdToken(await done.user.getIdToken(true))
  expect(renewed.firebase.sign_in_second_factor).toBe('totp')

  const again = client()
  const askedAgain = (await signInWithEmailAndPassword(again, email, 'correct horse').catch(error => error)) as MultiFactorError
  const used = TotpMultiFactorGenerator.assertionForSignIn(hint?.uid ?? '', totpCode(secret.secretKey, Date.now() - 30_000))
  expect(await refusalOf(getMultiFactorResolver(again, askedAgain).resolveSignIn(used))).toBe('auth/invalid-verification-code')

  await multiFactor(done.user).unenroll(hint?.uid ?? '')
  const { user: without } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  expect((await admin().verifyIdToken(await without.getIdToken())).firebase.sign_in_second_factor).toBeUndefined()
})

test('a code is that of RFC 6238', () => {
  // Appendix B: key "12345678901234567890", the last six of eight digits.
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
  expect([59, 1111111109, 20000000000].map(second => totpCode(secret, second * 1000))).toEqual(['287082', '081804', '353130'])
})

test('whoever is disabled gets no new token, and the one at hand is refused', async () => {
  const { email, uid } = await newUser()
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  const token = await user.getIdToken()
  await admin().updateUser(uid, { disabled: true })
  expect(await refusalOf(user.getIdToken(true))).toBe('auth/user-disabled')
  expect(await refusalOf(signInWithEmailAndPassword(client(), email, 'correct horse'))).toBe('auth/user-disabled')
  expect(await refusalOf(admin().verifyIdToken(token, true))).toBe('auth/user-disabled')
  await admin().updateUser(uid, { disabled: false })
  await signInWithEmailAndPassword(client(), email, 'correct horse')
})

test('after a revocation earlier tokens neither count nor are renewed', async () => {
  const { email, uid } = await newUser()
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  const token = await user.getIdToken()
  // Revocation counts by whole seconds.
  await admin().revokeRefreshTokens(uid)
  const body = JSON.stringify({ localId: uid, validSince: Math.floor(Date.now() / 1000) + 1 })
  await fetch(`${url}/identitytoolkit.googleapis.com/v1/projects/${project_id}/accounts:update`, {
    method: 'POST',
    headers: { authorization: 'Bearer owner' },
    body,
  })
  expect(await refusalOf(admin().verifyIdToken(token, true))).toBe('auth/id-token-revoked')
  expect(await refusalOf(user.getIdToken(true))).toBe('auth/user-token-expired')
})

test('a custom token signs in with its claims', async () => {
  const token = await admin().createCustomToken('machine-made', { role: 'client' })
  const { user } = await signInWithCustomToken(client(), token)
  expect(user.uid).toBe('machine-made')
  expect((await user.getIdTokenResult(true)).claims.role).toBe('client')
})

test('people and sessions are still there after a restart', async () => {
  const { email, uid } = await newUser({ role: 'client' })
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  await stop()
  await start(0)
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: user.refreshToken })
  const renewed = await fetch(`${url}/securetoken.googleapis.com/v1/token?key=any`, { method: 'POST', body })
  const { id_token } = (await renewed.json()) as { id_token: string }
  expect((await admin().verifyIdToken(id_token)).role).toBe('client')
  expect((await signInWithEmailAndPassword(client(), email, 'correct horse')).user.uid).toBe(uid)
  expect(statSync(join(dataDir, 'identity.json')).mode & 0o777).toBe(0o600)
})

test('the Admin API asks for its own credential and knows one project', async () => {
  const call = (project: string, headers: Record<string, string>) =>
    fetch(`${url}/identitytoolkit.googleapis.com/v1/projects/${project}/accounts:batchGet`, { headers })
  expect((await call(project_id, {})).status).toBe(403)
  expect((await call('another', { authorization: 'Bearer owner' })).status).toBe(404)
  expect((await call(project_id, { authorization: 'Bearer owner' })).status).toBe(200)
})

test('only pages of this machine may read its answers', async () => {
  const preflight = (origin: string) =>
    fetch(`${url}/identitytoolkit.googleapis.com/v1/accounts:signUp`, { method: 'OPTIONS', headers: { origin } })
  expect((await preflight('http://127.0.0.1:5173')).headers.get('access-control-allow-origin')).toBe('http://127.0.0.1:5173')
  expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull()
})

test('it does not run where K_SERVICE is set', async () => {
  process.env.K_SERVICE = 'any'
  try {
    await expect(start(0)).rejects.toThrow('K_SERVICE')
  } finally {
    delete process.env.K_SERVICE
    process.env.FIREBASE_AUTH_EMULATOR_HOST = url.slice('http://'.length)
  }
})

test('a token with other claims than were handed out signs nobody in', async () => {
  const { email } = await newUser({ role: 'client' })
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  const { token } = await user.getIdTokenResult(true)
  const judge = openSignIn({ project_id, proof_key: JSON.parse(readFileSync(join(dataDir, 'secrets.json'), 'utf8')).identity_key })
  expect(await judge(token, { fresh: true })).toMatchObject({ kind: 'signed-in', person: { email, claims: { role: 'client' } } })
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
  const forged = [token.split('.')[0], Buffer.from(JSON.stringify({ ...claims, role: 'admin' })).toString('base64url'), ''].join('.')
  expect(await judge(forged, { fresh: true })).toEqual({ kind: 'refused', fault: 'INVALID' })
  expect(await judge('not a token', { fresh: true })).toEqual({ kind: 'refused', fault: 'INVALID' })
})

test('what was judged is remembered for less than a minute, and asked again where it must be fresh', async () => {
  const { email, uid } = await newUser()
  const { user } = await signInWithEmailAndPassword(client(), email, 'correct horse')
  const token = await user.getIdToken()
  const judge = openSignIn({ project_id, proof_key: undefined })
  expect((await judge(token, { fresh: false })).kind).toBe('signed-in')
  await admin().updateUser(uid, { disabled: true })
  expect((await judge(token, { fresh: false })).kind).toBe('signed-in')
  expect(await judge(token, { fresh: true })).toEqual({ kind: 'refused', fault: 'DISABLED' })
  expect(await judge(token, { fresh: false })).toEqual({ kind: 'refused', fault: 'DISABLED' })
})
