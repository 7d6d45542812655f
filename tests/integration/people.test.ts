import { afterAll, beforeAll, expect, test } from 'vitest'
import { totpCode } from '../../scripts/local/identity/totp.ts'
import type { Access } from '../../shared/runtime/access.ts'
import { rolesTable } from '../../shared/runtime/roles-table.ts'
import { auditLog, firstBreak } from '../../shared/store/audit-log.ts'
import { askAsServer, askIdentity, signInAs } from './people.ts'
import { demoStrategy, type System, startSystem } from './system.ts'

let system: System
let headersOf: Record<string, Record<string, string>>

beforeAll(async () => {
  // Where everything counts: admins need their second factor.
  system = await startSystem({ ENVIRONMENT: 'production' })
  const strategies = system.db().collection('strategy_configurations')
  const { _id, ...forex } = (await strategies.findOne({ strategy_id: 'Forex' })) ?? {}
  await strategies.insertOne({ ...forex, strategy_id: 'Anothers', sender_id: 'somebody_else', api_key_hashes: [], passphrase_hashes: [] })
  const unroled = await askIdentity(system, 'v1/accounts:signUp', { email: 'nobody@example.com', password: 'correct horse' })
  headersOf = {
    nobody: {},
    'a wrong key': { 'x-api-key': 'sk_Forex_wrong' },
    'a made-up token': { authorization: 'Bearer e30.e30.' },
    'somebody without a role': { authorization: `Bearer ${unroled.idToken}` },
    admin: await signInAs(system, 'admin'),
    client: await signInAs(system, 'client'),
    sender: await signInAs(system, 'sender'),
    "the strategy's key": { 'x-api-key': demoStrategy(system, 'Forex').api_key },
  }
})
afterAll(() => system.stop())

const own = { strategy_id: 'Forex', signal_id: 'Forex_20260302_150000_001', client_id: 'demo_client', sender_id: 'demo_sender' }
const anothers = { strategy_id: 'Anothers', signal_id: 'Anothers_20260302_150000_001', client_id: 'another', sender_id: 'somebody_else' }

type Verdict = 'in' | 401 | 403

/** What each caller must meet, by hand: with their own data, and with another's. */
function wanted(access: Access, caller: string, whose: 'own' | 'another', owned: readonly string[]): Verdict {
  if (access === 'public' || access === 'sender-credential') return 'in'
  const signedIn = ['somebody without a role', 'admin', 'client', 'sender'].includes(caller)
  if (access === 'strategy-key') {
    if (caller === "the strategy's key") return whose === 'own' ? 'in' : 403
    if (!signedIn) return 401
    if (caller === 'admin') return 'in'
    return caller === 'sender' && whose === 'own' ? 'in' : 403
  }
  if (!signedIn) return 401
  if (!access.some(role => role === caller)) return 403
  const isOwned = caller === 'client' ? owned.includes('client_id') : caller === 'sender' && owned.some(name => name !== 'client_id')
  return whose === 'another' && isOwned ? 403 : 'in'
}

/** A route's address with what is somebody's in place; everything else is named so that nothing has it. */
function addressOf(path: string, whose: Record<string, string>): { address: string; owned: string[] } {
  const names = [...path.matchAll(/:([a-z_]+)/g)].map(([, name = '']) => name)
  const address = path.replaceAll(/:([a-z_]+)/g, (_, name) => whose[name] ?? 'none-such')
  return { address, owned: names.filter(name => Object.hasOwn(own, name)) }
}

async function ask(method: string, address: string, headers: Record<string, string>) {
  const sent = method === 'GET' ? { headers } : { headers: { ...headers, 'content-type': 'application/json' }, body: '{}' }
  const answer = await fetch(`${system.endpoints().api_url}${address}`, { method, ...sent })
  await answer.arrayBuffer()
  return { status: answer.status, type: answer.headers.get('content-type') }
}

test('each route lets in whom the roles table names, with their own data only', { timeout: 60_000 }, async () => {
  const wrong: string[] = []
  for (const [route, access] of Object.entries(rolesTable)) {
    const [method = '', path = ''] = route.split(' ')
    for (const [whose, values] of [['own', own] as const, ['another', anothers] as const]) {
      const { address, owned } = addressOf(path, values)
      // A sender's door answers 401 itself to what shows no passphrase; what is nobody's is asked for once.
      if (access === 'sender-credential' || (whose === 'another' && owned.length === 0)) continue
      const met = await Promise.all(
        Object.entries(headersOf).map(async ([caller, headers]) => ({ caller, ...(await ask(method, address, headers)) })),
      )
      for (const { caller, status, type } of met) {
        const want = wanted(access, caller, whose, owned)
        const verdict = status === 401 || status === 403 ? status : 'in'
        if (verdict !== want) wrong.push(`${route}, ${caller}, ${whose}: ${verdict} instead of ${want}`)
        if (verdict !== 'in') expect(type).toBe('application/problem+json')
      }
    }
  }
  expect(wrong).toEqual([])
})

test('every route that is served has an entry in the roles table', async () => {
  const { body } = await system.get('/openapi.json')
  const served = Object.entries(body.paths as Record<string, object>).flatMap(([path, operations]) =>
    Object.keys(operations).map(method => `${method.toUpperCase()} ${path.replaceAll(/\{([a-z_]+)\}/g, ':$1')}`),
  )
  expect(served.length).toBeGreaterThan(0)
  expect(served.sort()).toEqual(Object.keys(rolesTable).sort())
})

test('what an admin does is in the audit log, and its chain holds', async () => {
  const admin = headersOf.admin ?? {}
  const { status } = await system.post('/api/v1/dashboards/regenerate', '', admin)
  expect(status).toBe(200)
  const store = { db: system.db(), fund_id: 'mathematricks_fund' }
  const line = auditLog.read(await auditLog.in(store).findOne({ writer: 'people' }, { sort: { sequence: -1 } }))
  expect(line).toMatchObject({ who: 'admin@demo.mathematricks.fund', from: '127.0.0.1', what: 'dashboards: regenerate' })
  expect(await firstBreak(store, 'people')).toBeNull()
})

const password = 'correct horse'

/** An admin who has signed in with nothing but a password. */
async function newAdmin(email: string) {
  const { localId } = (await askAsServer(system, 'accounts', { email, password })) as { localId: string }
  await askAsServer(system, 'accounts:update', { localId, customAttributes: '{"role":"admin"}' })
  const { idToken } = await askIdentity(system, 'v1/accounts:signInWithPassword', { email, password })
  return { localId, idToken: idToken as string, headers: { authorization: `Bearer ${idToken}` } }
}

/** The headers of the same with a second factor, just enrolled. */
async function enrolled(idToken: string): Promise<{ authorization: string }> {
  const { totpSessionInfo } = await askIdentity(system, 'v2/accounts/mfaEnrollment:start', { idToken, totpEnrollmentInfo: {} })
  const { sharedSecretKey, sessionInfo } = totpSessionInfo
  const verificationCode = totpCode(sharedSecretKey, Date.now())
  const done = await askIdentity(system, 'v2/accounts/mfaEnrollment:finalize', {
    idToken,
    displayName: 'Phone',
    totpVerificationInfo: { sessionInfo, verificationCode },
  })
  return { authorization: `Bearer ${done.idToken}` }
}

test('in production no route lets an admin in without the second factor', async () => {
  const { headers, idToken } = await newAdmin('first@example.com')
  const forAdmins = Object.entries(rolesTable).filter(([, access]) => access === 'strategy-key' || access.includes('admin'))
  expect(forAdmins.length).toBeGreaterThan(20)
  for (const [route] of forAdmins) {
    const [method = '', path = ''] = route.split(' ')
    const { address } = addressOf(path, own)
    const { status, body } = await (method === 'GET' ? system.get(address, headers) : asked(method, address, headers))
    expect([route, status, body.code]).toEqual([route, 403, 'SECOND_FACTOR_REQUIRED'])
  }
  expect((await system.get('/api/v1/brokers', await enrolled(idToken))).status).toBe(200)
})

async function asked(method: string, address: string, headers: Record<string, string>) {
  const sent = { method, headers: { ...headers, 'content-type': 'application/json' }, body: '{}' }
  const answer = await fetch(`${system.endpoints().api_url}${address}`, sent)
  return { status: answer.status, body: (await answer.json()) as { code?: string } }
}

test('an admin who is disabled changes nothing any more with the token at hand', async () => {
  const { localId, idToken } = await newAdmin('second@example.com')
  const headers = await enrolled(idToken)
  expect((await system.post('/api/v1/dashboards/regenerate', '', headers)).status).toBe(200)
  await askAsServer(system, 'accounts:update', { localId, disableUser: true })
  const refused = await system.post('/api/v1/dashboards/regenerate', '', headers)
  expect([refused.status, refused.body.code]).toEqual([401, 'TOKEN_DISABLED'])
})
