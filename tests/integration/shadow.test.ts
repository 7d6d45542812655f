import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expectBrokersBookToAddUp } from './books.ts'
import { demoStrategy, follow, runStep, type System, startSystem } from './system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem({ CEREBRO_SHADOW: 'v2' })
})
afterAll(() => system.stop())

let sent = 0

const send = async (strategy_id: string, signal: Record<string, unknown>, ...states: string[]) => {
  const { passphrase, ticker, api_key } = demoStrategy(system, strategy_id)
  sent += 1
  const { body } = await system.post('/api/v1/signals', {
    strategy_name: strategy_id,
    passphrase,
    signalID: `shadow-${sent}`,
    signal: { ticker, ...signal },
  })
  return follow(system, body, api_key, states)
}

const all = (collection: string, filter: object) => system.db().collection(collection).find(filter).toArray()

/** Waits until the shadow's order of a signal has filled. */
const shadowFill = (signal_id: string) =>
  vi.waitFor(
    async () => {
      const [fill] = await all('fills', { order_id: `${signal_id}_v2_ORD`, booked: true })
      expect(fill).toBeDefined()
      return fill
    },
    { timeout: 30_000 },
  )

describe('a second version in shadow', () => {
  it('decides the same signals and trades them in a paper account and ledger of its own', async () => {
    const entry = await send('AAPL_Equity', { action: 'BUY' }, 'FILLED')
    const { signal_id } = entry
    const fill = await shadowFill(signal_id)
    expect(fill).toMatchObject({ account_id: 'ALPACA_Main_v2', broker_id: 'Shadow_v2', strategy_id: 'AAPL_Equity' })
    const decisions = await all('cerebro_decisions', { signal_id })
    expect(decisions.map(({ cerebro_version, decision }) => `${cerebro_version} ${decision}`).sort()).toEqual([
      'v1 APPROVED',
      'v2 APPROVED',
    ])
    const ledgers = await all('margin_ledger', {})
    expect(ledgers.map(({ trading_mode }) => trading_mode).sort()).toEqual(['PAPER', 'SHADOW'])
    const [books] = await all('paper_accounts', { account_id: 'ALPACA_Main_v2' })
    expect(books?.positions.map(({ instrument_id }: { instrument_id: string }) => instrument_id)).toEqual([fill?.instrument_id])
  })

  it('shows nothing of it to senders: their signals, orders and positions are the first version’s', async () => {
    const { api_key } = demoStrategy(system, 'AAPL_Equity')
    const [signal] = await all('trading_signals', { strategy_id: 'AAPL_Equity' })
    const trail = (await system.get(`/api/v1/signal-senders/AAPL_Equity/signals/${signal?.signal_id}`, { 'x-api-key': api_key })).body
    expect(trail.orders.map(({ order_id }: { order_id: string }) => order_id)).toEqual([`${signal?.signal_id}_ORD`])
    expect(trail.execution.fills).toHaveLength((await all('fills', { order_id: `${signal?.signal_id}_ORD` })).length)
    await runStep(system, 'build-dashboards')
    await vi.waitFor(
      async () => {
        const { body } = await system.get('/api/v1/dashboards/signal-sender/AAPL_Equity', { 'x-api-key': api_key })
        expect(body.open_positions).toHaveLength(1)
        expect(body.summary).toMatchObject({ total_signals_sent: 1, signals_executed: 1 })
      },
      { timeout: 30_000 },
    )
    const client = (await system.get('/api/v1/dashboards/client')).body
    expect(client.fund).toMatchObject({ num_accounts: 4, num_open_positions: 1 })
  })

  it('follows its own position: its exit closes what it holds, and reverses where the signal does', async () => {
    const reversal = await send('AAPL_Equity', { action: 'SELL', quantity: 2, position_after: -1 }, 'FILLED')
    await shadowFill(reversal.signal_id)
    await vi.waitFor(
      async () => {
        const [entry] = await all('trading_orders', { order_id: `${reversal.signal_id}_v2_ORD2`, status: 'FILLED' })
        const [position] = await all('positions', { account_id: 'ALPACA_Main_v2', status: 'OPEN' })
        expect(Number(position?.quantity)).toBe(-Number(entry?.quantity))
      },
      { timeout: 30_000 },
    )
  })

  it('keeps every cent in its own accounts too', async () => {
    await expectBrokersBookToAddUp(system.db())
  })
})
