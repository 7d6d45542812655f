import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expectBrokersBookToAddUp, expectOurBooksToBeTheBrokers } from './books.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const send = async (action: string, extra: object = {}) => {
  const { strategy_id, passphrase, ticker } = demoStrategy(system, 'Forex')
  return system.post('/api/v1/signals', { strategy_name: strategy_id, passphrase, signal: { ticker, action }, ...extra })
}

const trades = async () => (await system.get('/api/v1/dashboards/client')).body.recent_trades

describe('a signal from the door to the dashboard', () => {
  it('becomes a position, and the next one against it becomes its exit', async () => {
    const { api_key } = demoStrategy(system, 'Forex')
    const buy = await send('BUY', { signalID: 'entry' })
    expect(buy.status).toBe(201)
    expect(buy.headers.get('location')).toBe(buy.body.status_url)
    expect(buy.body).toMatchObject({ duplicate: false, environment: 'staging', echo: { strategy_id: 'Forex', sender_signal_id: 'entry' } })
    const entry = await follow(system, buy.body, api_key, ['FILLED'])
    expect(entry).toMatchObject({ status: 'EXECUTED', cerebro_decision: { decision: 'APPROVED', signal_type: 'ENTRY' } })
    expect(entry.states.map(({ state }: { state: string }) => state)).toEqual(['RECEIVED', 'STANDARDIZED', 'DECIDED', 'ORDERED', 'FILLED'])

    const sell = await send('SELL', { signalID: 'exit' })
    const exit = await follow(system, sell.body, api_key, ['FILLED'])
    expect(exit).toMatchObject({ cerebro_decision: { decision: 'APPROVED', signal_type: 'EXIT' } })
    expect(exit.execution.filled_quantity).toBe(entry.execution.filled_quantity)

    await vi.waitFor(async () => expect((await trades()).map(({ side }: { side: string }) => side)).toEqual(['SELL', 'BUY']), {
      timeout: 30_000,
    })
  })

  it('is one signal however often it is sent, and refuses other content under its id', async () => {
    const { api_key } = demoStrategy(system, 'Forex')
    const answers = await Promise.all(Array.from({ length: 50 }, () => send('BUY', { signalID: 'repeated' })))
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(49).fill(200), 201])
    expect(new Set(answers.map(({ body }) => body.signal_id)).size).toBe(1)
    expect(await send('SELL', { signalID: 'repeated' })).toMatchObject({ status: 409, body: { code: 'SIGNAL_ID_REUSED' } })
    await follow(system, answers[0]?.body, api_key, ['FILLED'])
    expect(await system.db().collection('trading_orders').countDocuments({ signal_id: answers[0]?.body.signal_id })).toBe(1)
    const sell = await send('SELL', { signalID: 'repeated-exit' })
    await follow(system, sell.body, api_key, ['FILLED'])
  })

  it('takes a TradingView alert and the older address, with the key in a header', async () => {
    const { api_key, ticker } = demoStrategy(system, 'Forex')
    const quote = await system.db().collection('quotes').findOne({ instrument_id: 'FOREX:AUDCAD' })
    const alert = {
      strategy_name: 'Forex',
      ticker,
      exchange: 'OANDA',
      action: 'buy',
      contracts: '1000',
      price: String(quote?.ask),
      market_position: 'long',
      market_position_size: '1000',
      time: new Date().toISOString(),
      order_id: 'Long',
    }
    const answer = await system.post('/api/signals', alert, { 'x-api-key': api_key })
    expect(answer).toMatchObject({ status: 201, body: { echo: { legs: [{ ticker, action: 'BUY', quantity: '1000' }] } } })
    expect(await system.post('/api/signals', alert, { 'x-api-key': api_key })).toMatchObject({ status: 200, body: { duplicate: true } })
    await follow(system, answer.body, api_key, ['FILLED'])
    const sell = await send('SELL')
    await follow(system, sell.body, api_key, ['FILLED'])
  })

  it('shows a strategy to its own key only', async () => {
    const own = demoStrategy(system, 'Forex')
    const other = demoStrategy(system, 'AAPL_Equity')
    const { body } = await send('BUY', { signalID: 'private', signal: { ticker: own.ticker, action: 'SELL', signal_type: 'EXIT' } })
    const path = new URL(body.status_url).pathname
    expect(await system.get(path)).toMatchObject({ status: 401 })
    expect(await system.get(path, { 'x-api-key': 'sk_Forex_guess' })).toMatchObject({ status: 401 })
    expect(await system.get(path, { 'x-api-key': other.api_key })).toMatchObject({ status: 403, body: { code: 'ANOTHER_STRATEGY' } })
    expect(await system.post('/api/v1/dashboards/regenerate', {})).toMatchObject({ status: 401 })
    const denied = await follow(system, body, own.api_key, ['DENIED'])
    expect(denied).toMatchObject({ status: 'REJECTED', cerebro_decision: { reason_code: 'NOTHING_TO_EXIT' } })
  })

  it('denies an entry and holds an exit while the fund is halted, and carries the exit out afterwards', async () => {
    const { strategy_id, api_key } = demoStrategy(system, 'Forex')
    const halt = (fund: string) =>
      system
        .db()
        .collection('settings')
        .updateOne({}, { $set: { 'kill_switch.fund': fund } })
    const bought = await send('BUY', { signalID: 'before the halt' })
    await follow(system, bought.body, api_key, ['FILLED'])
    await halt('HALTED')
    const sold = await send('SELL', { signalID: 'during the halt' })
    await follow(system, sold.body, api_key, ['HELD'])
    const more = await send('BUY', { signalID: 'more during the halt' })
    expect(await follow(system, more.body, api_key, ['DENIED'])).toMatchObject({ cerebro_decision: { reason_code: 'KILL_SWITCH' } })
    await halt('ACTIVE')
    await runStep(system, 'collect-signals')
    expect(await follow(system, sold.body, api_key, ['FILLED'])).toMatchObject({
      cerebro_decision: { decision: 'APPROVED', signal_type: 'EXIT' },
    })
    expect(await system.db().collection('positions').countDocuments({ strategy_id, status: 'OPEN' })).toBe(0)
  })

  it('keeps every cent: cash and positions are the start and the fills', async () => {
    await expectBrokersBookToAddUp(system.db())
    await expectOurBooksToBeTheBrokers(system.db())
  })

  it('shows the sender what its fills came to, in the fund’s currency', async () => {
    const { strategy_id, api_key } = demoStrategy(system, 'Forex')
    const [fills, rate] = await Promise.all([
      system.db().collection('fills').find({ strategy_id }).toArray(),
      system.db().collection('fx_rates').findOne({ currency: 'CAD', into: 'USD' }),
    ])
    // AUDCAD is in CAD: realized P&L less fees of every fill, at today's rate
    const expected =
      fills.reduce((total, { realized_pnl, commission }) => total + Number(realized_pnl) - Number(commission), 0) * Number(rate?.rate)
    await runStep(system, 'build-dashboards')
    await vi.waitFor(
      async () => {
        const { body } = await system.get('/api/v1/dashboards/signal-sender/Forex', { 'x-api-key': api_key })
        expect(body.summary.total_pnl).toBeCloseTo(expected, 6)
        expect(body.open_positions).toEqual([])
      },
      { timeout: 30_000, interval: 100 },
    )
  })

  it('keeps everything over a restart', async () => {
    const fills = await system.db().collection('fills').countDocuments()
    await vi.waitFor(async () => expect(await trades()).toHaveLength(Math.min(fills, 20)), { timeout: 30_000 })
    const before = await trades()
    await system.restart()
    expect(await trades()).toEqual(before)
    const { api_key } = demoStrategy(system, 'Forex')
    const again = await send('BUY', { signalID: 'after the restart' })
    await follow(system, again.body, api_key, ['FILLED'])
    expect(await send('BUY', { signalID: 'entry' })).toMatchObject({ status: 200, body: { duplicate: true } })
  })
})
