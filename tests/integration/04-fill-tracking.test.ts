import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { signInAs } from './people.ts'
import { demoStrategy, follow, type System, startSystem } from './system.ts'

let system: System
let admin: { authorization: string }

beforeAll(async () => {
  system = await startSystem()
  admin = await signInAs(system, 'admin')
  await system
    .db()
    .collection('strategy_configurations')
    .updateOne({ strategy_id: 'AAPL_Equity' }, { $set: { sizing: 'requested_cap' } })
})
afterAll(() => system.stop())

const get = (path: string, headers: Record<string, string> = {}) => system.get(path, { ...admin, ...headers })
const number = (value: unknown) => new Decimal(String(value))
const stateOf = async (account_id: string) => (await get(`/api/v1/account/${account_id}/state`)).body.account_state

const trade = async (action: 'BUY' | 'SELL', quantity: string, position_after: string) => {
  const { strategy_id, passphrase, api_key, ticker } = demoStrategy(system, 'AAPL_Equity')
  const signal = { ticker, action, quantity, position_after }
  const { body } = await system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signal })
  await follow(system, body, api_key, ['FILLED'])
  return system.db().collection('fills').find({ signal_id: body.signal_id }).toArray()
}

/** Waits until a reading of the broker shows this many shares; that state. */
const shown = (quantity: string) =>
  vi.waitFor(
    async () => {
      const state = await stateOf('ALPACA_Main')
      const held = state.open_positions.find(({ symbol }: { symbol: string }) => symbol === 'AAPL')
      expect(held?.quantity ?? '0').toBe(quantity)
      return state
    },
    { timeout: 30_000, interval: 50 },
  )

const sumOf = (fills: object[], figure: (fill: Record<string, unknown>) => Decimal) =>
  fills.reduce((total: Decimal, fill) => total.plus(figure(fill as Record<string, unknown>)), new Decimal(0))

describe('a fill', () => {
  it('is stored with price, time and commission, and the account’s equity reflects it', async () => {
    const before = await stateOf('ALPACA_Main')
    const fills = await trade('BUY', '100', '100')
    for (const fill of fills) {
      expect(number(fill.price).gt(0)).toBe(true)
      expect(number(fill.commission).gt(0)).toBe(true)
      expect(Math.abs(Date.now() - fill.time.getTime())).toBeLessThan(20_000)
      expect(fill).toMatchObject({ account_id: 'ALPACA_Main', strategy_id: 'AAPL_Equity', booked: true })
    }
    const after = await shown('100')
    const paid = sumOf(fills, fill => number(fill.quantity).times(number(fill.price)).plus(number(fill.commission)))
    expect(number(after.cash_balance).toFixed()).toBe(number(before.cash_balance).minus(paid).toFixed())
    const [held] = after.open_positions
    expect(held).toMatchObject({ symbol: 'AAPL', side: 'LONG', strategy_id: 'AAPL_Equity' })
    const worth = number(held.quantity).times(number(held.current_price))
    expect(number(after.equity).toFixed()).toBe(number(after.cash_balance).plus(worth).toFixed())
    expect(after.timestamp > before.timestamp).toBe(true)
  })

  it('adds to a position, and takes from it first in first out', async () => {
    await trade('BUY', '50', '150')
    await shown('150')
    const position = () => system.db().collection('positions').findOne({ account_id: 'ALPACA_Main', strategy_id: 'AAPL_Equity' })
    const grown = await position()
    expect([String(grown?.quantity), grown?.status]).toEqual(['150', 'OPEN'])
    await trade('SELL', '120', '30')
    await shown('30')
    const reduced = await position()
    expect(String(reduced?.quantity)).toBe('30')
    // The first hundred are gone, and twenty of the next fifty.
    expect(
      reduced?.lots.reduce((total: Decimal, lot: { quantity: unknown }) => total.plus(number(lot.quantity)), new Decimal(0)).toFixed(),
    ).toBe('30')
    expect(reduced?.lots.every((lot: { opened_at: Date }) => lot.opened_at >= grown?.lots.at(-1).opened_at)).toBe(true)
    const fills = await system.db().collection('fills').find({ strategy_id: 'AAPL_Equity' }).toArray()
    expect(String(reduced?.fees)).toBe(sumOf(fills, fill => number(fill.commission)).toFixed())
    await vi.waitFor(async () => expect((await position())?.unrealized_pnl_fund).toBeDefined(), { timeout: 30_000 })
    const marked = await position()
    expect(String(marked?.unrealized_pnl_fund)).toBe(String(marked?.unrealized_pnl))
    await trade('SELL', '30', '0')
    await shown('0')
  })
})

describe('the account API', () => {
  it('tells an account’s state now, at a moment and over time', async () => {
    const { status, body, headers } = await get('/api/v1/account/ALPACA_Main/state')
    expect(status).toBe(200)
    expect(body.status).toBe('success')
    expect(Object.keys(body.account_state)).toEqual(
      expect.arrayContaining(['account_id', 'broker_id', 'timestamp', 'equity', 'cash_balance', 'margin_used', 'margin_available']),
    )
    const same = await get('/api/v1/account/ALPACA_Main/state', { 'if-none-match': headers.get('etag') ?? '' })
    expect([200, 304]).toContain(same.status)

    const first = await get('/api/v1/account/ALPACA_Main/history?limit=2')
    expect(first.body.account_states).toHaveLength(2)
    const [newest, second] = first.body.account_states
    const next = await get(`/api/v1/account/ALPACA_Main/history?limit=2&cursor=${encodeURIComponent(first.body.next_cursor)}`)
    expect(next.body.account_states[0].timestamp < second.timestamp).toBe(true)
    const earlier = await get(`/api/v1/account/ALPACA_Main/state?at=${encodeURIComponent(second.timestamp)}`)
    expect(earlier.body.account_state.timestamp).toBe(second.timestamp)
    const between = new Date(new Date(newest.timestamp).getTime() - 1).toISOString()
    expect((await get(`/api/v1/account/ALPACA_Main/state?at=${between}`)).body.account_state.timestamp).toBe(second.timestamp)
    expect(await get('/api/v1/account/ALPACA_Main/state?at=2001-01-01T00:00:00Z')).toMatchObject({
      status: 404,
      body: { code: 'NO_ACCOUNT_STATE' },
    })
    expect(await get('/api/v1/account/ALPACA_Main/state?at=yesterday')).toMatchObject({ status: 422 })
    expect(await get('/api/v1/account/Nobodys/state')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_ACCOUNT' } })
  })

  it('tells the fund’s totals, its brokers and their accounts', async () => {
    const { body } = await get('/api/v1/fund/state')
    expect(body).toMatchObject({ status: 'success', fund_state: { paper: true, num_brokers: 2, num_accounts: 4, stale_accounts: [] } })
    const accounts = await Promise.all(['IBKR_Main', 'IBKR_Futures', 'ALPACA_Main'].map(stateOf))
    const coins = await stateOf('Binance_Main')
    const [{ rate }] = body.fund_state.fx_rates.filter(({ currency }: { currency: string }) => currency === 'USDT')
    const total = accounts.reduce((sum, { equity }) => sum.plus(equity), number(coins.equity).times(rate))
    expect(number(body.fund_state.total_equity).toFixed()).toBe(total.toFixed())

    const brokers = await get('/api/v1/brokers')
    expect(brokers.body).toEqual({
      status: 'success',
      fund_name: 'Mathematricks Fund',
      brokers: [
        { broker_id: 'Paper_Prime', broker_name: 'Paper prime broker', num_accounts: 2, status: 'CONNECTED' },
        { broker_id: 'Paper_Direct', broker_name: 'Paper direct broker', num_accounts: 2, status: 'CONNECTED' },
      ],
    })
    expect((await get('/api/v1/brokers', { 'if-none-match': brokers.headers.get('etag') ?? '' })).status).toBe(304)
    const own = await get('/api/v1/brokers/Paper_Prime/accounts')
    expect(own.body.broker_id).toBe('Paper_Prime')
    expect(own.body.accounts).toMatchObject([
      { account_id: 'IBKR_Main', account_type: 'MARGIN', status: 'ACTIVE', stale: false },
      { account_id: 'IBKR_Futures' },
    ])
    expect(await get('/api/v1/brokers/Nobodys/accounts')).toMatchObject({ status: 404, body: { code: 'UNKNOWN_BROKER' } })
  })

  it('reads an account at its broker when it is asked to', async () => {
    const before = await stateOf('IBKR_Futures')
    const answer = await system.post('/api/v1/accounts/IBKR_Futures/sync', '', admin)
    expect(answer).toMatchObject({ status: 200, body: { status: 'success', account_id: 'IBKR_Futures' } })
    await vi.waitFor(async () => expect((await stateOf('IBKR_Futures')).timestamp > before.timestamp).toBe(true), { timeout: 30_000 })
    expect(await system.post('/api/v1/accounts/Nobodys/sync', '', admin)).toMatchObject({ status: 404 })
  })
})
