import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expectBrokersBookToAddUp, expectOurBooksToBeTheBrokers } from './books.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

let sent = 0

const send = async (strategy_id: string, signal: Record<string, unknown>) => {
  const { passphrase, ticker, api_key } = demoStrategy(system, strategy_id)
  sent += 1
  const signalBody = { strategy_name: strategy_id, passphrase, signalID: `exits-${sent}`, signal: { ticker, ...signal } }
  const { status, body } = await system.post('/api/v1/signals', signalBody)
  expect(status, JSON.stringify(body)).toBe(201)
  return { body, end: (...states: string[]) => follow(system, body, api_key, states) }
}

const decision = (signal_id: string) => system.db().collection('cerebro_decisions').findOne({ signal_id })

const quantityOf = async (strategy_id: string): Promise<number> =>
  Number((await system.db().collection('positions').findOne({ strategy_id, status: 'OPEN' }))?.quantity ?? 0)

const killSwitch = async (...words: string[]) => {
  const command = spawn(process.execPath, ['scripts/kill-switch.ts', ...words, '--data', system.dataDir], { stdio: 'ignore' })
  const [code] = await once(command, 'close')
  expect(code).toBe(0)
}

describe('an exit while the entry still works', () => {
  const quoteOf = (instrument_id: string) => system.db().collection('quotes').findOne({ instrument_id })
  const reservationOf = async (signal_id: string) =>
    (await system.db().collection('margin_ledger').findOne({ trading_mode: 'PAPER' }))?.reservations.find(
      (each: { signal_id: string; state: string }) => each.signal_id === signal_id && each.state === 'live',
    )
  const limitAt = (share: number) => async (ticker: string) => ({
    action: 'BUY',
    order_type: 'LIMIT',
    time_in_force: 'GTC',
    limit_price: (Number((await quoteOf(`EQUITY:${ticker}`))?.ask) * share).toFixed(2),
  })

  it('cancels it and gives its margin back, and closes nothing where nothing was filled', async () => {
    const entry = await send('AAPL_Equity', await limitAt(0.8)('AAPL'))
    await entry.end('ORDERED')
    expect(await reservationOf(entry.body.signal_id)).toBeDefined()
    const exit = await send('AAPL_Equity', { action: 'SELL' })
    await exit.end('CANCELED')
    await entry.end('CANCELED')
    const target = `${entry.body.signal_id}_ORD`
    expect(await decision(exit.body.signal_id)).toMatchObject({
      decision: 'APPROVED',
      legs: [{ signal_type: 'EXIT' }],
      orders: [{ command: 'CANCEL', target_order_id: target, order_id: `${exit.body.signal_id}_ORD_C_${target}` }],
    })
    await vi.waitFor(async () => expect(await reservationOf(entry.body.signal_id)).toBeUndefined(), { timeout: 30_000, interval: 50 })
    expect(await quantityOf('AAPL_Equity')).toBe(0)
  })

  it('closes what was filled of it, and what fills before the cancel arrives', async () => {
    // At the ask there are 1,000 of the more than 1,000 that its capital buys; the rest may come with any later price.
    const entry = await send('AAPL_Equity', await limitAt(1)('AAPL'))
    await entry.end('PARTIALLY_FILLED', 'FILLED')
    const exit = await send('AAPL_Equity', { action: 'SELL' })
    await entry.end('CANCELED', 'FILLED')
    await vi.waitFor(async () => expect(await quantityOf('AAPL_Equity')).toBe(0), { timeout: 30_000, interval: 50 })
    const closed = await exit.end('FILLED')
    const opened = await entry.end('CANCELED', 'FILLED')
    expect(closed.execution.filled_quantity).toBe(opened.execution.filled_quantity)
    expect(await reservationOf(entry.body.signal_id)).toBeUndefined()
    expect(
      await system
        .db()
        .collection('positions')
        .countDocuments({ 'closing.0': { $exists: true } }),
    ).toBe(0)
  })
})

describe('a reversal', () => {
  it('closes, and then opens the other side by a second order', async () => {
    const buy = await send('AAPL_Equity', { action: 'BUY', quantity: 10, position_after: 10 })
    await buy.end('FILLED')
    const long = await quantityOf('AAPL_Equity')
    expect(long).toBeGreaterThan(0)
    const sell = await send('AAPL_Equity', { action: 'SELL', quantity: 20, position_after: -10 })
    const trail = await sell.end('FILLED')
    const { signal_id } = sell.body
    expect(trail.orders.map(({ order_id, is_exit, status }: Record<string, unknown>) => [order_id, is_exit, status])).toEqual([
      [`${signal_id}_ORD`, true, 'FILLED'],
      [`${signal_id}_ORD2`, false, 'FILLED'],
    ])
    expect(trail.orders[0].quantity).toBe(long)
    expect(await decision(signal_id)).toMatchObject({
      decision: 'APPROVED',
      waiting_for: [],
      legs: [
        { signal_type: 'EXIT', decision: 'APPROVED' },
        { signal_type: 'ENTRY', decision: 'APPROVED', reverses: true },
      ],
    })
    expect(await quantityOf('AAPL_Equity')).toBe(-trail.orders[1].quantity)
    // Every state once, and FILLED only when the last order was.
    const states = trail.states.map(({ state }: { state: string }) => state)
    expect(states.at(-1)).toBe('FILLED')
    expect(new Set(states).size).toBe(states.length)
    const last = await system
      .db()
      .collection('fills')
      .findOne({ order_id: `${signal_id}_ORD2` })
    expect(Date.parse(trail.states.at(-1).at)).toBeGreaterThanOrEqual(last?.time.getTime())
  })

  it('scales out by the sender’s fraction and back in by as much', async () => {
    const short = -(await quantityOf('AAPL_Equity'))
    const half = await send('AAPL_Equity', { action: 'BUY', quantity: 5, position_after: -5 })
    expect((await half.end('FILLED')).orders).toMatchObject([{ quantity: Math.floor(short / 2), is_exit: true }])
    const rest = short - Math.floor(short / 2)
    // From 5 to 6 of theirs is a fifth of ours.
    const more = await send('AAPL_Equity', { action: 'SELL', quantity: 1, position_after: -6 })
    expect((await more.end('FILLED')).orders).toMatchObject([{ quantity: Math.floor(rest / 5), is_exit: false }])
    await (await send('AAPL_Equity', { action: 'BUY', quantity: 6, position_after: 0 })).end('FILLED')
    expect(await quantityOf('AAPL_Equity')).toBe(0)
  })
})

describe('an exit while trading is halted', () => {
  it('is held, paged, and carried out as soon as the halt ends', async () => {
    await (await send('Forex', { action: 'BUY' })).end('FILLED')
    await killSwitch('strategy', 'Forex', 'HALTED', '--reason', 'test')
    const exit = await send('Forex', { action: 'SELL' })
    await exit.end('HELD')
    const { signal_id } = exit.body
    // The page is out once the outbox is empty.
    await vi.waitFor(async () => expect((await decision(signal_id))?.outbox).toEqual([]), { timeout: 30_000 })
    await killSwitch('strategy', 'Forex', 'ACTIVE')
    await exit.end('FILLED')
    expect(await quantityOf('Forex')).toBe(0)
    const lines = await system.db().collection('audit_log').find({ writer: 'kill-switch' }).sort({ sequence: 1 }).toArray()
    expect(lines.map(({ before, after }) => `${before} → ${after}`)).toEqual(['ACTIVE → HALTED', 'HALTED → ACTIVE'])
  })

  it('holds a reversal whole, and lets its entry go after its exit', async () => {
    await (await send('Forex', { action: 'BUY' })).end('FILLED')
    await killSwitch('fund', 'HALTED')
    const reversal = await send('Forex', { action: 'SELL', quantity: 2000, position_after: -1000 })
    await reversal.end('HELD')
    await killSwitch('fund', 'ACTIVE')
    expect((await reversal.end('FILLED')).orders).toHaveLength(2)
    expect(await quantityOf('Forex')).toBeLessThan(0)
  })
})

describe('the decision of a signal', () => {
  it('is told to its own strategy, step by step, and to no other', async () => {
    const { api_key } = demoStrategy(system, 'SPY_Equity')
    const other = demoStrategy(system, 'AAPL_Equity')
    const buy = await send('SPY_Equity', { action: 'BUY', quantity: 5, position_after: 10 })
    await buy.end('FILLED')
    const path = `/api/v1/signals/${buy.body.signal_id}/decision`
    const { status, body } = await system.get(path, { 'x-api-key': api_key })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      signal_id: buy.body.signal_id,
      strategy_id: 'SPY_Equity',
      status: 'EXECUTED',
      approved: true,
      reason_code: null,
    })
    expect(body.calculation[0]).toMatchObject({ step: 'position_after', result: 'differs' })
    expect(body.calculation.map(({ text }: { text: string }) => text).join(' ')).toContain('Your allocation of 15 %')
    for (const { strategy_id } of system.endpoints().demo?.strategies ?? []) {
      if (strategy_id !== 'SPY_Equity') expect(JSON.stringify(body)).not.toContain(strategy_id)
    }
    expect(await system.get(path)).toMatchObject({ status: 401 })
    expect(await system.get(path, { 'x-api-key': 'sk_SPY_Equity_guess' })).toMatchObject({ status: 401 })
    expect(await system.get(path, { 'x-api-key': other.api_key })).toMatchObject({ status: 403, body: { code: 'ANOTHER_STRATEGY' } })
    const unknown = '/api/v1/signals/SPY_Equity_20200101_000000_001/decision'
    expect(await system.get(unknown, { 'x-api-key': api_key })).toMatchObject({ status: 404, body: { code: 'UNKNOWN_SIGNAL' } })
  })

  it('says REJECTED where we denied, with what to do', async () => {
    const { api_key } = demoStrategy(system, 'BTC_Crypto')
    const sell = await send('BTC_Crypto', { action: 'SELL', signal_type: 'EXIT' })
    await sell.end('DENIED')
    const { body } = await system.get(`/api/v1/signals/${sell.body.signal_id}/decision`, { 'x-api-key': api_key })
    expect(body).toMatchObject({ status: 'REJECTED', approved: false, reason_code: 'NOTHING_TO_EXIT', legs: [{ status: 'REJECTED' }] })
    expect(body.what_to_do).toContain('neither a position nor a working entry')
  })
})

describe('an entry that was dropped', () => {
  it('is told later what it would have made until the strategy’s next exit', async () => {
    await killSwitch('strategy', 'ES_Futures', 'REDUCING')
    const buy = await send('ES_Futures', { action: 'BUY' })
    await buy.end('DENIED')
    await killSwitch('strategy', 'ES_Futures', 'ACTIVE')
    await runStep(system, 'cerebro')
    const sell = await send('ES_Futures', { action: 'SELL', signal_type: 'EXIT' })
    await sell.end('DENIED')
    await runStep(system, 'cerebro')
    const valued = await vi.waitFor(async () => {
      const found = await decision(buy.body.signal_id)
      expect(found?.counterfactuals).toHaveLength(1)
      return found
    })
    const [value] = valued?.counterfactuals ?? []
    const quote = (await system.db().collection('trading_signals').findOne({ signal_id: sell.body.signal_id }))?.legs[0].quote_at_receipt
    expect(value).toMatchObject({ ended_by: sell.body.signal_id, currency: 'USD' })
    expect(String(value.exit_price)).toBe(String(quote.bid))
    // E-mini: 50 dollars a point
    const expected = (Number(quote.bid) - Number(value.entry_price)) * Number(value.quantity) * 50
    expect(Number(value.pnl)).toBeCloseTo(expected - Number(value.fees), 6)
    expect(valued).not.toHaveProperty('counterfactual_pending')
  })
})

describe('a strategy that was turned off', () => {
  it('still exits, and opens nothing', async () => {
    const strategies = system.db().collection('strategy_configurations')
    await strategies.updateOne({ strategy_id: 'Forex' }, { $set: { status: 'INACTIVE' } })
    const more = await send('Forex', { action: 'SELL' })
    expect(await more.end('DENIED')).toMatchObject({ cerebro_decision: { reason_code: 'STRATEGY_INACTIVE' } })
    await (await send('Forex', { action: 'BUY' })).end('FILLED')
    expect(await quantityOf('Forex')).toBe(0)
    await strategies.updateOne({ strategy_id: 'Forex' }, { $set: { status: 'ACTIVE' } })
  })
})

describe('all of it', () => {
  it('adds up at the broker and here, and leaves no claim behind', async () => {
    await vi.waitFor(async () =>
      expect(
        await system
          .db()
          .collection('positions')
          .countDocuments({ 'closing.0': { $exists: true } }),
      ).toBe(0),
    )
    await expectBrokersBookToAddUp(system.db())
    await expectOurBooksToBeTheBrokers(system.db())
  })
})
