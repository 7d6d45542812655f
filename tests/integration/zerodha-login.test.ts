import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startSimulator } from '../simulators/zerodha/simulator.ts'
import { signInAs } from './people.ts'
import { type Answer, demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

const folder = mkdtempSync(join(tmpdir(), 'kite-'))
const app = { api_key: 'plantedkey4711', api_secret: 'plantedsecret0815' }
const SHARE = 'NSE:AAPL'

let system: System
let kite: Awaited<ReturnType<typeof startSimulator>>
let people: Record<'admin' | 'sender', { authorization: string }>
/** Everything that the system answered. */
const answers: string[] = []
/** What must never be seen. */
const planted = [app.api_secret]

beforeAll(async () => {
  writeFileSync(join(folder, 'secrets'), `ZERODHA_MAIN=${JSON.stringify(app)}\n`)
  kite = await startSimulator({ app })
  kite.price(SHARE, 100, 100.1)
  system = await startSystem({ SECRETS_FILES: join(folder, 'secrets') })
  people = { admin: await signInAs(system, 'admin'), sender: await signInAs(system, 'sender') }
  const account = {
    account_id: 'Zerodha_Main',
    account_type: 'MARGIN',
    currency: 'USD',
    status: 'ACTIVE',
    trading_mode: 'PAPER',
    description: '',
  }
  const broker = {
    broker_id: 'Zerodha',
    broker_name: 'Zerodha',
    adapter: 'zerodha',
    connection: { secret: 'zerodha-main', base_url: kite.url, products: { EQUITY: 'MIS' } },
    accounts: [account],
  }
  const db = system.db()
  await db.collection('account_hierarchy').updateOne({}, { $push: { brokers: broker } } as never)
  await db.collection('instruments').updateOne({ instrument_id: 'EQUITY:AAPL' }, { $set: { 'broker_symbols.zerodha': SHARE } })
  await db.collection('strategy_configurations').updateOne({ strategy_id: 'AAPL_Equity' }, { $set: { paper_account: 'Zerodha_Main' } })
}, 60_000)
afterAll(async () => {
  await system.stop()
  await kite.stop()
  rmSync(folder, { recursive: true })
})

const noted = async (answer: Promise<Answer>): Promise<Answer> => {
  const got = await answer
  answers.push(JSON.stringify(got.body))
  return got
}
const zerodha = async () => {
  const { body } = await noted(system.get('/api/v1/brokers', people.admin))
  return body.brokers.find((each: { broker_id: string }) => each.broker_id === 'Zerodha')
}
const logIn = (request_token: string, who: 'admin' | 'sender' = 'admin') =>
  noted(system.post('/api/v1/brokers/Zerodha/login', { request_token }, people[who]))
let sent = 0
const send = async (signal: object) => {
  sent += 1
  const { strategy_id, passphrase, ticker, api_key } = demoStrategy(system, 'AAPL_Equity')
  const { body } = await noted(
    system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signalID: `kite_${sent}`, signal: { ticker, ...signal } }),
  )
  return (states: string[]) => follow(system, body, api_key, states, 40_000)
}

/** A busy machine takes its time; each wait ends with what it waits for. */
vi.setConfig({ testTimeout: 150_000 })

describe('the daily login', () => {
  it('is missing: people see where to log in', async () => {
    // The hierarchy is remembered for a second.
    await vi.waitFor(async () => expect(await zerodha()).toBeDefined(), { timeout: 30_000 })
    expect(await zerodha()).toMatchObject({
      status: 'NEEDS_LOGIN',
      login_url: `${kite.url}/connect/login?v=3&api_key=${app.api_key}`,
      expires_at: null,
      needs_login: ['Zerodha_Main'],
    })
  })

  it('is made by an admin alone, of a token that Zerodha takes, and is written down without it', async () => {
    const token = kite.requestToken('AB1234')
    planted.push(token)
    expect((await logIn(token, 'sender')).status).toBe(403)
    expect((await logIn('neverissued')).body).toMatchObject({ status: 422, code: 'LOGIN_REFUSED' })
    const redirected = `https://console.example/zerodha?action=login&status=success&request_token=${token}`
    expect((await logIn(redirected)).body).toMatchObject({ status: 'success', account_ids: ['Zerodha_Main'], user_id: 'AB1234' })
    const line = await system.db().collection('audit_log').findOne({ what: 'broker Zerodha: login' })
    expect(line).toMatchObject({ writer: 'people', after: { user_id: 'AB1234', account_ids: ['Zerodha_Main'] } })
    plantToken()
  })

  const plantToken = () => {
    const held = readFileSync(join(system.dataDir, '.env.local'), 'utf8')
    planted.push(/"access_token":"([^"]+)"/.exec(held)?.[1] ?? 'there is no token')
  }

  it('is seen by every process without a restart: entries open, and orders reach Zerodha', async () => {
    await vi.waitFor(async () => expect(await zerodha()).toMatchObject({ status: 'CONNECTED', needs_login: [] }), {
      timeout: 60_000,
      interval: 200,
    })
    const { expires_in_s } = await zerodha()
    expect(expires_in_s).toBeGreaterThan(0)
    expect(expires_in_s).toBeLessThanOrEqual(86_400)
    await vi.waitFor(
      async () =>
        expect(await system.db().collection('broker_accounts').findOne({ account_id: 'Zerodha_Main' })).toMatchObject({ reconciled: true }),
      { timeout: 60_000, interval: 200 },
    )
    await (await send({ action: 'BUY' }))(['FILLED'])
    expect(kite.users.get('AB1234')?.orders).toMatchObject([{ tradingsymbol: 'AAPL', transaction_type: 'BUY', status: 'COMPLETE' }])
  })

  it('that Zerodha ends shuts entries with the reason, until there is another', async () => {
    kite.endLogins()
    await runStep(system, 'supervise-orders')
    await vi.waitFor(async () => expect(await zerodha()).toMatchObject({ status: 'NEEDS_LOGIN' }), { timeout: 60_000, interval: 200 })
    const trail = await (await send({ action: 'BUY' }))(['DENIED'])
    expect(JSON.stringify(trail)).toContain('BROKER_UNAVAILABLE: status=NEEDS_LOGIN')
    expect(kite.users.get('AB1234')?.orders).toHaveLength(1)
    expect((await logIn(kite.requestToken('AB1234'))).status).toBe(200)
    plantToken()
    await vi.waitFor(async () => expect(await zerodha()).toMatchObject({ status: 'CONNECTED' }), { timeout: 60_000, interval: 200 })
  })

  it('leaves no secret anywhere, whatever a failing broker says', async () => {
    const message = `refused: ${planted.join(' ')} ${app.api_key}`
    const failing = (on: RegExp) => kite.faults.add({ on, times: 100, answer: { kind: 'error', error_type: 'OrderException', message } })
    failing(/^POST \/orders/)
    await send({ action: 'SELL' })
    await vi.waitFor(
      async () => expect(await system.db().collection('trading_orders').findOne({ is_exit: true, status: 'REJECTED' })).not.toBeNull(),
      {
        timeout: 60_000,
      },
    )
    for (const on of [/^GET \/user\/margins/, /^GET \/portfolio/, /^GET \/trades/]) failing(on)
    await noted(system.post('/api/v1/accounts/Zerodha_Main/sync', {}, people.admin))
    await vi.waitFor(
      async () =>
        expect(await system.db().collection('account_syncs').findOne({ account_id: 'Zerodha_Main' })).toMatchObject({
          stale_since: expect.any(Date),
        }),
      { timeout: 60_000 },
    )
    const documents = await Promise.all((await system.db().collections()).map(each => each.find({}).toArray()))
    const logs = readdirSync(join(system.dataDir, 'logs')).map(file => readFileSync(join(system.dataDir, 'logs', file), 'utf8'))
    const seen = [...answers, ...logs, JSON.stringify(documents)].join('\n')
    expect(seen.length).toBeGreaterThan(10_000)
    expect(new Set(planted).size).toBe(4)
    expect(planted.filter(secret => seen.includes(secret))).toEqual([])
  })
})
