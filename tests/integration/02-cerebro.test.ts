import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const settle = { timeout: 30_000, interval: 100 }

let sent = 0

const send = async (strategy_id: string, action: 'BUY' | 'SELL') => {
  const { passphrase, ticker, api_key } = demoStrategy(system, strategy_id)
  sent += 1
  const signal = { strategy_name: strategy_id, passphrase, signalID: `cerebro-${sent}`, signal: { ticker, action } }
  const { body } = await system.post('/api/v1/signals', signal)
  return { body, end: (...states: string[]) => follow(system, body, api_key, states, 30_000) }
}

const find = (collection: string, filter: object) => system.db().collection(collection).findOne(filter)

const set = (change: object) => system.db().collection('settings').updateOne({}, { $set: change })

const step = (decision: Awaited<ReturnType<typeof find>>, name: string) =>
  decision?.calculation.find((each: { step: string }) => each.step === name)

/** Moves a price, as the market itself would, and has the account read. */
async function shock(instrument_id: string, pct: number) {
  const market = new URL(system.endpoints().api_url ?? '')
  market.port = String(Number(market.port) + 4)
  const answer = await fetch(new URL('/shock', market), { method: 'POST', body: JSON.stringify({ instrument_id, pct }) })
  expect(answer.status).toBe(200)
  await runStep(system, 'sync-accounts')
}

describe('a signal that Cerebro decides', () => {
  it('is sized by its allocation, kept within 40 % margin, stored with its figures and sent as an order', async () => {
    const buy = await send('AAPL_Equity', 'BUY')
    await buy.end('FILLED')
    const { signal_id } = buy.body
    const decision = await find('cerebro_decisions', { signal_id })
    expect(decision).toMatchObject({ decision: 'APPROVED', approved: true, reason_code: null, allocation_id: 'demo', cvar_before: 0 })
    expect(Number(decision?.allocation_pct)).toBe(10)
    // A tenth of the fund’s equity buys whole shares at the price that the decision tells.
    const [{ equity_fund, equity, amount }] = decision?.reservations ?? []
    const price = Number(step(decision, 'price').figures.price)
    expect(Number(decision?.position_size)).toBe(Math.floor(Number(equity_fund) / 10 / price))
    expect(Number(amount)).toBeLessThanOrEqual(0.4 * Number(equity))
    expect(decision?.cvar_after).toBeGreaterThan(0)
    expect(decision?.cvar_after).toBeLessThanOrEqual(0.02)
    expect(decision?.calculation.map((each: { step: string }) => each.step)).toEqual([
      'size',
      'kill switch',
      'signal age',
      'strategy status',
      'allocation',
      'capital left',
      'account',
      'broker',
      'order type',
      'exchange rate',
      'slippage',
      'strategy limits',
      'correlation',
      'price',
      'minimum size',
      'margin',
      'cvar',
      'reservation',
    ])
    expect(await find('trading_orders', { signal_id })).toMatchObject({ order_id: `${signal_id}_ORD`, status: 'FILLED' })
    const sell = await send('AAPL_Equity', 'SELL')
    await sell.end('FILLED')
  })

  it('waits for a reading of an account that was not read lately', async () => {
    await system
      .db()
      .collection('account_current')
      .updateOne({ account_id: 'IBKR_Main' }, { $set: { timestamp: new Date(Date.now() - 3_600_000) } })
    const buy = await send('SPY_Equity', 'BUY')
    await buy.end('FILLED')
    const decision = await find('cerebro_decisions', { signal_id: buy.body.signal_id })
    expect(step(decision, 'account').figures).toMatchObject({ sync: 'sync requested, waited, read' })
  })

  it('is denied where no reading comes, while an exit waits for none', async () => {
    // However slowly it is read, no reading is ever from the future by so much.
    await set({ max_state_age: -600 })
    const buy = await send('AAPL_Equity', 'BUY')
    const sell = await send('SPY_Equity', 'SELL')
    await sell.end('FILLED')
    const trail = await buy.end('DENIED')
    await set({ max_state_age: 600 })
    expect(trail.cerebro_decision).toMatchObject({ reason_code: 'STALE_ACCOUNT_STATE' })
    expect(trail.cerebro_decision.reason).toContain('sync=sync requested, waited, denied')
  })

  it('is cut to the fund’s CVaR limit', async () => {
    await set({ cvar_limit: 0.0001 })
    const buy = await send('SPY_Equity', 'BUY')
    await buy.end('FILLED')
    await set({ cvar_limit: 0.02 })
    const decision = await find('cerebro_decisions', { signal_id: buy.body.signal_id })
    expect(decision?.cut_by).toBe('CVAR_LIMIT')
    expect(decision?.cvar_after).toBeLessThanOrEqual(0.0001)
    expect(Number(decision?.position_size)).toBeLessThan(Number(decision?.wanted_quantity))
    await (await send('SPY_Equity', 'SELL')).end('FILLED')
  })
})

describe('a market that moves margin over its limit', () => {
  it('leaves the account exits only, and beyond the next limit closes its positions pro rata', async () => {
    const buy = await send('ES_Futures', 'BUY')
    await buy.end('FILLED')
    const bought = Number((await find('positions', { strategy_id: 'ES_Futures', status: 'OPEN' }))?.quantity)
    const state = await vi.waitFor(async () => {
      const found = await find('account_current', { account_id: 'IBKR_Futures' })
      expect(Number(found?.margin_used)).toBeGreaterThan(0)
      return found
    }, settle)
    // Margin of a future stays, and equity falls by the loss: to twice the margin, half of it is in use.
    const { close } = { close: Number((await find('quotes', { instrument_id: 'FUTURE:ESZ2030' }))?.last) }
    const value = bought * close * 50
    const lossTo = (used: number) => -(100 * (Number(state?.equity) - Number(state?.margin_used) / used)) / value
    await shock('FUTURE:ESZ2030', lossTo(0.5))
    await vi.waitFor(async () => expect((await find('settings', {}))?.kill_switch.accounts.IBKR_Futures).toBe('REDUCING'), settle)
    expect(await find('audit_log', { what: 'kill_switch.accounts.IBKR_Futures' })).toMatchObject({ before: 'ACTIVE', after: 'REDUCING' })
    const more = await send('ES_Futures', 'BUY')
    expect((await more.end('DENIED')).cerebro_decision).toMatchObject({ reason_code: 'KILL_SWITCH' })

    const before = (await find('quotes', { instrument_id: 'FUTURE:ESZ2030' }))?.last
    const left = Number((await find('account_current', { account_id: 'IBKR_Futures' }))?.equity)
    await shock('FUTURE:ESZ2030', -(100 * (left - Number(state?.margin_used) / 0.78)) / (bought * Number(before) * 50))
    await runStep(system, 'supervise-orders')
    const signal = await vi.waitFor(async () => {
      const found = await find('trading_signals', { source: 'system', strategy_id: 'ES_Futures' })
      expect(found?.status).toBe('FILLED')
      return found
    }, settle)
    // From 78 % to 40 %: half of the contracts, rounded up, whichever way the market goes meanwhile.
    expect(Number(signal?.legs[0].requested_quantity)).toBe(Math.ceil(bought / 2))
    expect(Number((await find('positions', { strategy_id: 'ES_Futures', status: 'OPEN' }))?.quantity)).toBe(bought - Math.ceil(bought / 2))
    expect(await find('audit_log', { what: 'deleverage.IBKR_Futures' })).toMatchObject({ writer: 'supervise-orders' })
  })
})
