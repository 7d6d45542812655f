import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { auditWriters, firstBreak } from '../../shared/store/audit-log.ts'
import { signInAs } from './people.ts'
import { demoStrategy, type System, startSystem } from './system.ts'

let system: System
let admin: Record<string, string>

beforeAll(async () => {
  system = await startSystem()
  admin = await signInAs(system, 'admin')
})
afterAll(() => system.stop())

const ask = async (method: string, path: string, body?: object | string, type = 'application/json') => {
  const response = await fetch(`${system.endpoints().api_url}${path}`, {
    method,
    headers: { ...admin, ...(body === undefined ? {} : { 'content-type': type }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const answer: ReturnType<typeof JSON.parse> = await response.json()
  return { status: response.status, headers: response.headers, body: answer }
}
const send = (strategy_name: string, passphrase: string, signalID: string) =>
  system.post('/api/v1/signals', { strategy_name, passphrase, signalID, signal: { ticker: 'AUDCAD', action: 'BUY' } })

const weekdays = (count: number): string[] => {
  const days = Array.from({ length: count * 2 }, (_, index) => new Date(Date.UTC(2024, 0, 1 + index)))
  return days
    .filter(day => day.getUTCDay() % 6 !== 0)
    .map(day => day.toISOString().slice(0, 10))
    .slice(0, count)
}
const csv = (returns: number[]) => ['date,return', ...weekdays(returns.length).map((day, index) => `${day},${returns[index]}`)].join('\n')

describe('a strategy', () => {
  it('is made with secrets that are shown once, and trades with them', async () => {
    const made = await ask('POST', '/api/v1/strategies', {
      strategy_id: 'Made',
      strategy_name: 'Made by hand',
      status: 'TESTING',
      paper_account: 'IBKR_Main',
      notional_per_capital: 2.5,
      reason: 'a new sender',
    })
    expect(made).toMatchObject({
      status: 201,
      body: {
        status: 'success',
        strategy: { strategy_id: 'Made', trading_mode: 'PAPER', notional_per_capital: '2.5', max_signal_age: 900, version: 1 },
      },
    })
    expect(made.headers.get('location')).toBe('/api/v1/strategies/Made')
    const { api_key, passphrase } = made.body.secrets
    expect(api_key).toMatch(/^sk_Made_[\w-]{32}$/)
    const stored = JSON.stringify(await system.db().collection('strategy_configurations').findOne({ strategy_id: 'Made' }))
    for (const secret of [api_key, passphrase]) {
      expect(stored).not.toContain(secret)
      expect(JSON.stringify(await ask('GET', '/api/v1/strategies/Made'))).not.toContain(secret)
    }
    expect((await send('Made', passphrase, 'first')).status).toBe(201)
    expect(await ask('POST', '/api/v1/strategies', { strategy_id: 'Made' })).toMatchObject({
      status: 409,
      body: { code: 'STRATEGY_EXISTS' },
    })
  })

  it('is changed only by whoever read its last version, and every change tells who and why', async () => {
    const { body } = await ask('GET', '/api/v1/strategies/Made')
    const changes = ['ACTIVE', 'INACTIVE'].map(status =>
      ask('PUT', '/api/v1/strategies/Made', { ...body.strategy, status, reason: 'tried' }),
    )
    const answers = (await Promise.all(changes)).sort((one, other) => one.status - other.status)
    expect(answers).toMatchObject([
      { status: 200, body: { strategy: { version: 2 } } },
      { status: 409, body: { code: 'VERSION_CONFLICT', your_version: 1, current_version: 2 } },
    ])
    const lines = await system.db().collection('audit_log').find({ 'after.strategy_id': 'Made' }).sort({ sequence: 1 }).toArray()
    expect(lines).toMatchObject([
      { what: 'strategy created', who: 'admin@demo.mathematricks.fund', from: '127.0.0.1', before: null, reason: 'a new sender' },
      { what: 'strategy changed', reason: 'tried', before: { status: 'TESTING', version: 1 }, after: { version: 2 } },
    ])
  })

  it('is refused with every field that is wrong', async () => {
    const answer = await ask('PUT', '/api/v1/strategies/Made', { version: 2, status: 'ON', notional_per_capital: 0, colour: 'red' })
    expect(answer).toMatchObject({ status: 422, body: { code: 'INVALID_INPUT' } })
    expect(answer.body.errors.map(({ path }: { path: string }) => path).sort()).toEqual(['', 'notional_per_capital', 'status'])
    const stranger = await ask('PUT', '/api/v1/strategies/Made', { version: 2, paper_account: 'Nowhere' })
    expect(stranger).toMatchObject({ status: 422, body: { code: 'UNKNOWN_ACCOUNT', errors: [{ path: 'paper_account' }] } })
  })

  it('is found by what it is called, by account and status, page by page, at the older address too', async () => {
    const ids = (answer: Awaited<ReturnType<typeof ask>>) =>
      answer.body.strategies.map(({ strategy_id }: { strategy_id: string }) => strategy_id)
    expect(ids(await ask('GET', '/api/v1/strategies?search=by%20HAND'))).toEqual(['Made'])
    expect(ids(await ask('GET', '/api/v1/strategies?account=IBKR_Main&status=ACTIVE&mode=PAPER'))).toEqual(
      expect.arrayContaining(['Forex', 'SPY_Equity']),
    )
    const all = ids(await ask('GET', '/api/strategies?limit=500'))
    const pages: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: Awaited<ReturnType<typeof ask>> = await ask('GET', `/api/v1/strategies?limit=2${cursor && `&cursor=${cursor}`}`)
      pages.push(...ids(page))
      cursor = page.body.next_cursor
    }
    expect(pages).toEqual(all)
    expect(await ask('GET', '/api/v1/strategies?cursor=e30')).toMatchObject({ status: 422, body: { code: 'INVALID_CURSOR' } })
  })

  it('keeps its former key valid beside a rotated one, unless it is revoked', async () => {
    const former = demoStrategy(system, 'SPY_Equity').passphrase
    const rotated = await ask('POST', '/api/v1/strategies/SPY_Equity/rotate-key', { which: 'passphrase' })
    expect(rotated.body).toMatchObject({ status: 'success', strategy_id: 'SPY_Equity', valid: 2 })
    expect((await send('SPY_Equity', former, 'with the former')).status).toBe(201)
    const last = await ask('POST', '/api/strategies/SPY_Equity/rotate-key', { which: 'passphrase', revoke_former: true })
    expect((await send('SPY_Equity', rotated.body.passphrase, 'with a revoked one')).status).toBe(401)
    expect((await send('SPY_Equity', last.body.passphrase, 'with the last')).status).toBe(201)
  })

  it('gets a secret address and a key to sign with, each shown once and kept in no form that anybody is shown', async () => {
    const path = '/api/v1/strategies/SPY_Equity'
    const { version } = (await ask('GET', path)).body.strategy
    expect(await ask('PUT', path, { version, allowed_addresses: ['nonsense'] })).toMatchObject({ status: 422 })
    await ask('PUT', path, { version, allowed_addresses: ['127.0.0.0/8'] })
    const { path_token } = (await ask('POST', `${path}/rotate-key`, { which: 'path_token' })).body
    const { hmac_secret } = (await ask('POST', `${path}/rotate-key`, { which: 'hmac_secret' })).body
    const alert = { ticker: 'SPY', action: 'buy' }
    expect(await system.post(`/api/v1/signals/${path_token}`, { ...alert, signalID: 'by its address' })).toMatchObject({ status: 201 })
    const body = JSON.stringify({ ...alert, strategy_name: 'SPY_Equity', signalID: 'signed' })
    const timestamp = String(Math.floor(Date.now() / 1000))
    const hex = createHmac('sha256', hmac_secret).update(`${timestamp}.${body}`).digest('hex')
    const headers = { 'x-timestamp': timestamp, 'x-signature': `sha256=${hex}` }
    expect(await system.post('/api/v1/signals', body, headers)).toMatchObject({ status: 201 })
    const shown = await ask('GET', path)
    expect(shown.body.strategy.allowed_addresses).toEqual(['127.0.0.0/8'])
    const audit = await system.db().collection('audit_log').find().toArray()
    for (const kept of ['hmac_keys', 'path_token_hashes', hmac_secret, path_token])
      expect(JSON.stringify([shown.body, audit])).not.toContain(kept)
  })

  it('is deleted only without weight and positions; then its keys end and its history stays', async () => {
    expect(await ask('DELETE', '/api/v1/strategies/AAPL_Equity')).toMatchObject({
      status: 409,
      body: { code: 'STRATEGY_IN_USE', allocation_pct: 10, open_positions: [] },
    })
    const { passphrase } = (await ask('POST', '/api/v1/strategies', { strategy_id: 'Short_lived', status: 'ACTIVE' })).body.secrets
    expect((await ask('DELETE', '/api/v1/strategies/Short_lived?reason=over')).status).toBe(200)
    expect((await ask('GET', '/api/v1/strategies/Short_lived')).status).toBe(404)
    expect((await send('Short_lived', passphrase, 'too late')).status).toBe(401)
    expect(await system.db().collection('strategy_configurations').countDocuments({ strategy_id: 'Short_lived' })).toBe(1)
    expect((await ask('POST', '/api/v1/strategies', { strategy_id: 'Short_lived' })).status).toBe(409)
  })
})

describe('a backtest', () => {
  it('is loaded whole, once, or not at all', async () => {
    const path = '/api/v1/strategies/Made/backtest'
    const wrong = await ask('POST', path, csv([0.01, -1.5, 0.02]), 'text/csv')
    expect(wrong).toMatchObject({ status: 422, body: { code: 'INVALID_BACKTEST', errors: [{ path: 'line 3' }] } })
    expect((await ask('GET', path)).status).toBe(404)
    const text = csv([0.02, -0.01, 0.03, 0])
    expect(await ask('POST', path, text, 'text/csv')).toMatchObject({ status: 201, body: { status: 'done', days: 4 } })
    expect(await ask('POST', path, text, 'text/csv')).toMatchObject({ status: 200, body: { status: 'unchanged' } })
    const { backtest } = (await ask('GET', path)).body
    expect(Object.keys(backtest).sort()).toEqual(
      ['strategy_id', 'dates', 'daily_returns', 'mean_return_daily', 'volatility_daily', 'sharpe_ratio', 'sortino_ratio', 'max_drawdown']
        .concat(['win_rate', 'mean_trade_return', 'margin_per_unit', 'backtest_period', 'source_hash', 'loaded_at'])
        .sort(),
    )
    expect(backtest).toMatchObject({ daily_returns: [0.02, -0.01, 0.03, 0], backtest_period: { start: '2024-01-01', end: '2024-01-04' } })
    expect((await ask('GET', '/api/v1/strategies/Made')).body.strategy.backtest).toMatchObject({ days: 4, win_rate: 0.5 })
  })

  it('takes files of 10 MB and refuses more than 12', async () => {
    const path = '/api/v1/strategies/Large/backtest'
    const trades = ['entry_date,exit_date,return', ...Array(340_000).fill('2024-01-02,2024-01-04,0.0125')].join('\n')
    expect(trades.length).toBeGreaterThan(9.8e6)
    expect(await ask('POST', path, { daily: csv([0.01, 0.02]), trades })).toMatchObject({ status: 201 })
    expect((await ask('GET', path)).body.backtest.mean_trade_return).toBeCloseTo(0.0125, 9)
    expect(await ask('POST', path, 'x'.repeat(12 * 1024 * 1024 + 1), 'text/csv')).toMatchObject({ status: 413 })
  })

  it('is read from where the strategy says, in the background', async () => {
    let content = csv([0.01, -0.01, 0.02])
    const server = createServer((_, response) => void response.end(content)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const backtest_source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/made.csv`
    const { version } = (await ask('GET', '/api/v1/strategies/Made')).body.strategy
    await ask('PUT', '/api/v1/strategies/Made', { version, backtest_source })
    const sync = async () => {
      const accepted = await ask('POST', '/api/v1/strategies/Made/sync-backtest')
      expect(accepted).toMatchObject({ status: 202, body: { run_id: expect.any(String) } })
      return vi.waitFor(
        async () => {
          const { body } = await ask('GET', accepted.body.status_url)
          expect(body.status).not.toBe('queued')
          return body
        },
        { timeout: 30_000, interval: 30 },
      )
    }
    expect(await sync()).toMatchObject({ status: 'done', days: 3 })
    expect(await sync()).toMatchObject({ status: 'unchanged' })
    content = csv([0.01, Number.NaN, -2])
    expect(await sync()).toMatchObject({ status: 'failed', num_errors: 2, errors: [{ line: 3 }, { line: 4 }] })
    server.close()
    server.closeAllConnections()
    expect(await sync()).toMatchObject({ status: 'failed', reason: expect.stringContaining('does not answer') })
    expect((await ask('GET', '/api/v1/strategies/Made')).body.strategy.backtest.days).toBe(3)
  })
})

it('leaves an audit log that nobody has touched', async () => {
  const store = { db: system.db(), fund_id: 'mathematricks_fund' }
  const writers = await auditWriters(store)
  expect(writers).toEqual(expect.arrayContaining(['people', 'optimize-portfolio']))
  for (const writer of writers) expect(await firstBreak(store, writer)).toBeNull()
})
