import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { constructorNames } from '../../shared/domain/portfolio/problem.ts'
import { signInAs } from './people.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

/** Solving takes seconds where the machine has other things to do. */
const WAIT_MS = 120_000

let system: System
let admin: Record<string, string>

beforeAll(async () => {
  system = await startSystem()
  admin = await signInAs(system, 'admin')
})
afterAll(() => system.stop())

const ask = async (method: string, path: string, body?: object) => {
  const response = await fetch(`${system.endpoints().api_url}${path}`, {
    method,
    headers: { ...admin, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer: ReturnType<typeof JSON.parse> = await response.json()
  return { status: response.status, body: answer }
}
const active = () => system.db().collection('portfolio_allocations').find({ status: 'ACTIVE' }).toArray()
const set = async (changes: object) => {
  const { version } = (await ask('GET', '/api/v1/settings')).body.settings
  return ask('PUT', '/api/v1/settings', { ...changes, version })
}
const research = async (body: object) => {
  const { body: accepted, status } = await ask('POST', '/api/v1/portfolio-tests/run', body)
  expect(status, JSON.stringify(accepted)).toBe(202)
  return vi.waitFor(
    async () => {
      const { test } = (await ask('GET', accepted.status_url)).body
      expect(test.status).not.toBe('queued')
      return test
    },
    { timeout: WAIT_MS, interval: 200 },
  )
}
const recommendation = async () => {
  await runStep(system, 'optimize-portfolio')
  return vi.waitFor(
    async () => {
      const { status, body } = await ask('GET', '/api/v1/allocations/latest-recommendation')
      expect(status).toBe(200)
      expect(body.run.status).toBe('done')
      return body
    },
    { timeout: WAIT_MS, interval: 200 },
  )
}
const sum = (weights: Record<string, number>) => Object.values(weights).reduce((total, each) => total + each, 0)

describe('research', { timeout: 180_000 }, () => {
  it('runs every constructor inside every limit, and keeps what it found', async () => {
    const tests = await Promise.all(constructorNames.map(name => research({ constructor: name, name: `try ${name}` })))
    for (const { constructor_name, status, metrics, out_of_sample, cross_validation, account, weights, allocations } of tests) {
      expect(status, constructor_name).toBe('done')
      expect(metrics, constructor_name).toMatchObject({
        cagr: expect.any(Number),
        sharpe: expect.any(Number),
        max_drawdown: expect.any(Number),
      })
      expect(out_of_sample, constructor_name).toMatchObject({ sharpe: expect.any(Number), max_drawdown: expect.any(Number), steps: 6 })
      expect(cross_validation, constructor_name).toMatchObject({ splits: 15, folds: 6, in_sample: { sharpe: expect.any(Number) } })
      expect(cross_validation.path_sharpes).toEqual(Array(5).fill(expect.any(Number)))
      expect(cross_validation.out_of_sample.sharpe).toEqual(expect.any(Number))
      expect(account.ladder.map(({ capital }: { capital: number }) => capital)).toContain(5_000_000)
      expect(metrics.cvar_95).toBeLessThanOrEqual(0.02 + 1e-6)
      expect(sum(weights)).toBeLessThanOrEqual(2 + 1e-6)
      expect(Math.max(...Object.values<number>(weights))).toBeLessThanOrEqual(0.5 + 1e-6)
      expect(sum(allocations)).toBeCloseTo(sum(weights) * 100, 3)
    }
    const sheet = `${system.endpoints().api_url}/api/v1/portfolio-tests/${tests[0].test_id}/tearsheet`
    expect(await (await fetch(sheet, { headers: admin })).text()).toMatch(/^<!doctype html>[\s\S]*<svg/)
    const list = await ask('GET', '/api/v1/portfolio-tests?limit=3')
    expect(list.body).toMatchObject({ count: 3, next_cursor: expect.any(String) })
    expect((await ask('DELETE', `/api/v1/portfolio-tests/${list.body.tests[0].test_id}`)).status).toBe(200)
    expect((await ask('GET', `/api/v1/portfolio-tests/${list.body.tests[0].test_id}`)).status).toBe(404)
  })

  it('says which limit stands in the way', async () => {
    const test = await research({ constructor: 'min_cvar', limits: { sum: 1, cvar_limit: 0.0001 } })
    expect(test).toMatchObject({ status: 'infeasible', weights: {} })
    expect(test.obstacles.map(({ constraint }: { constraint: string }) => constraint)).toContain('cvar_limit')
  })
})

describe('the recommendation', { timeout: 180_000 }, () => {
  it('names what is left out and why, and is the same for the same day and inputs', async () => {
    const { body } = await ask('GET', '/api/v1/strategies/BTC_Crypto')
    await ask('PUT', '/api/v1/strategies/BTC_Crypto', { version: body.strategy.version, include_in_optimization: false })
    const first = await recommendation()
    expect(first.allocation).toMatchObject({ status: 'PENDING_APPROVAL', source: 'optimization', approved_by: null })
    expect(Object.keys(first.allocation.metrics).sort()).toEqual(
      ['cvar_95', 'expected_sharpe', 'leverage_ratio', 'total_allocation_pct', 'volatility'].sort(),
    )
    expect(first.run.excluded).toEqual([{ strategy_id: 'BTC_Crypto', code: 'NOT_INCLUDED', reason: expect.any(String) }])
    expect(first.run.correlation).toHaveLength(4)
    expect(first.run.out_of_sample).toMatchObject({ cvar_95: expect.any(Number), days: expect.any(Number) })
    expect(first.run.account).toMatchObject({ min_equity: expect.any(Number), unpriced: [] })
    expect(first.allocation.out_of_sample).toEqual(first.run.out_of_sample)
    await runStep(system, 'optimize-portfolio')
    expect((await recommendation()).allocation.allocation_id).toBe(first.allocation.allocation_id)
    expect(await system.db().collection('portfolio_optimization_runs').countDocuments({ kind: 'recommendation' })).toBe(1)
  })

  it('gives way to a newer one', async () => {
    const older = (await recommendation()).allocation.allocation_id
    await set({ optimization: { constructor_name: 'hrp' } })
    await runStep(system, 'optimize-portfolio')
    const newer = await vi.waitFor(
      async () => {
        const found = await ask('GET', '/api/v1/allocations/latest-recommendation')
        expect(found.body.allocation?.allocation_id).not.toBe(older)
        return found.body.allocation
      },
      { timeout: WAIT_MS, interval: 200 },
    )
    await vi.waitFor(async () => expect((await ask('GET', `/api/v1/allocations/${older}`)).body.allocation.status).toBe('SUPERSEDED'), {
      timeout: 30_000,
    })
    expect(await ask('POST', '/api/v1/allocations/approve', { allocation_id: older })).toMatchObject({
      status: 409,
      body: { code: 'NOT_PENDING', allocation_status: 'SUPERSEDED' },
    })
    const refused = await ask('POST', '/api/portfolio/allocations/reject', { allocation_id: newer.allocation_id, reason: 'too flat' })
    expect(refused.body.allocation).toMatchObject({ status: 'REJECTED', reason: 'too flat' })
  })
})

describe('an allocation', { timeout: 60_000 }, () => {
  it('is refused with the figures where it passes a limit', async () => {
    const { status, body } = await ask('POST', '/api/v1/allocations/custom', { allocations: { Forex: 60, SPY_Equity: 10 } })
    expect([status, body.code]).toEqual([422, 'LIMIT_EXCEEDED'])
    expect(body.breaches).toEqual([{ limit: 'cap', strategy_id: 'Forex', value: 0.6, allowed: 0.5 }])
    expect(await ask('POST', '/api/v1/allocations/custom', { allocations: { Nobody: 1 } })).toMatchObject({
      status: 422,
      body: { code: 'UNKNOWN_STRATEGY' },
    })
  })

  it('comes into force alone, however many are approved at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => ask('PUT', '/api/v1/allocations/custom', { allocations: { Forex: index + 1 } })),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(await active()).toHaveLength(1)
    expect(await system.db().collection('portfolio_allocations').countDocuments({ source: 'custom', status: 'ARCHIVED' })).toBe(7)
  })

  it('can be a research run, with other weights than it found, and says what it would have changed', async () => {
    const test = await research({ constructor: 'max_sharpe', strategies: ['Forex', 'SPY_Equity', 'AAPL_Equity'] })
    const allocations = { Forex: 10, SPY_Equity: 5 }
    const { body } = await ask('POST', '/api/v1/allocations/approve', { run_id: test.run_id, allocations, reason: 'smaller' })
    expect(body.allocation).toMatchObject({
      status: 'ACTIVE',
      source: 'research',
      run_id: test.run_id,
      edited: true,
      allocations,
      approved_by: 'admin@demo.mathematricks.fund',
      simulated: { before: { sharpe: expect.any(Number) }, after: { sharpe: expect.any(Number) } },
    })
    expect(await ask('POST', '/api/v1/allocations/approve', { run_id: test.run_id })).toMatchObject({ status: 409 })
    expect((await active()).map(({ allocation_id }) => allocation_id)).toEqual([body.allocation.allocation_id])
  })

  it('waits for a second person where the settings ask for two', async () => {
    await set({ four_eyes: true })
    const proposed = await ask('POST', '/api/v1/allocations/custom', { allocations: { Forex: 12 } })
    expect(proposed).toMatchObject({ status: 202, body: { awaits_second: true, allocation: { status: 'PENDING_APPROVAL' } } })
    const { allocation_id } = proposed.body.allocation
    expect(await ask('POST', '/api/v1/allocations/approve', { allocation_id })).toMatchObject({
      status: 409,
      body: { code: 'SECOND_APPROVER_NEEDED' },
    })
    expect((await set({ four_eyes: false })).status).toBe(200)
    expect(await ask('POST', '/api/v1/allocations/approve', { allocation_id })).toMatchObject({
      status: 200,
      body: { allocation: { status: 'ACTIVE' } },
    })
  })

  it('is what Cerebro sizes by from the next signal on', async () => {
    const { passphrase, api_key, ticker } = demoStrategy(system, 'SPY_Equity')
    const buy = async (signalID: string) => {
      const signal = { ticker, action: 'BUY' }
      const sent = await system.post('/api/v1/signals', { strategy_name: 'SPY_Equity', passphrase, signalID, signal })
      return (await follow(system, sent.body, api_key, ['FILLED', 'DENIED', 'EXPIRED', 'REJECTED'])).cerebro_decision
    }
    const { body } = await ask('POST', '/api/v1/allocations/custom', { allocations: { SPY_Equity: 4 } })
    expect(await buy('at four')).toMatchObject({ decision: 'APPROVED', allocation_pct: 4 })
    await ask('POST', '/api/v1/allocations/custom', { allocations: { SPY_Equity: 9 } })
    expect(await buy('at nine')).toMatchObject({ decision: 'APPROVED', allocation_pct: 9 })
    const history = await ask('GET', '/api/v1/allocations/history?limit=2')
    expect(history.body.allocations).toMatchObject([
      { status: 'ACTIVE' },
      { status: 'ARCHIVED', allocation_id: body.allocation.allocation_id },
    ])
  })
})

describe('what stops trading at one stroke', () => {
  it('is typed out first, and exits all that a strategy holds', async () => {
    const refused = await ask('POST', '/api/v1/exit-all', { scope: 'strategy', id: 'SPY_Equity' })
    expect(refused).toMatchObject({ status: 422, body: { code: 'CONFIRMATION_NEEDED', confirmation: 'EXIT ALL SPY_Equity' } })
    const words = { confirmation: 'exit all SPY_Equity', reason: 'a test' }
    const { status, body } = await ask('POST', '/api/v1/exit-all', { scope: 'strategy', id: 'SPY_Equity', ...words })
    expect(status).toBe(202)
    expect(body.signals).toMatchObject([{ strategy_id: 'SPY_Equity', tickers: ['SPY'] }])
    const positions = system.db().collection('positions')
    await vi.waitFor(async () => expect(await positions.countDocuments({ strategy_id: 'SPY_Equity', status: 'OPEN' })).toBe(0), {
      timeout: 30_000,
      interval: 50,
    })
    const again = { scope: 'strategy', id: 'SPY_Equity', request_id: body.request_id, ...words }
    expect((await ask('POST', '/api/v1/exit-all', again)).body.signals).toEqual([])
  })

  it('denies a strategy’s entries from the next message on', async () => {
    const { passphrase, api_key, ticker } = demoStrategy(system, 'Forex')
    const turn = (state: string) =>
      ask('POST', '/api/v1/kill-switch', { scope: 'strategy', id: 'Forex', state, confirmation: `${state} Forex` })
    expect((await turn('REDUCING')).body.kill_switch.strategies).toEqual({ Forex: 'REDUCING' })
    const sent = await system.post('/api/v1/signals', { strategy_name: 'Forex', passphrase, signal: { ticker, action: 'BUY' } })
    expect((await follow(system, sent.body, api_key, ['DENIED'])).cerebro_decision.reason_code).toBe('KILL_SWITCH')
    expect((await turn('ACTIVE')).status).toBe(200)
    const decisions = await ask('GET', '/api/v1/activity/decisions?strategy_id=Forex&status=DENIED')
    expect(decisions.body.decisions).toMatchObject([{ reason_code: 'KILL_SWITCH', calculation: expect.any(Array) }])
    expect((await ask('GET', '/api/orders?limit=1')).body).toMatchObject({
      count: 1,
      orders: [{ strategy_id: 'SPY_Equity', is_exit: true }],
    })
  })
})
