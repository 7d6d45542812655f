import { describe, expect, it, vi } from 'vitest'
import { type CrashPoint, crashPoints } from '../../shared/runtime/crash-points.ts'
import { expectBrokersBookToAddUp, expectOurBooksToBeTheBrokers } from '../integration/books.ts'
import { type Answer, demoStrategy, follow, type System, startSystem } from '../integration/system.ts'

/** Several processes die and start again on the way of one signal, and an order without an answer is asked for during five seconds. */
const PATIENCE_MS = 60_000

type Deaths = Partial<Record<string, CrashPoint>>

/** Where processes die, at most one place each in its first life, so that few starts see all places. */
const runs: Deaths[] = [
  {
    'signal-ingestion': 'ingest-signal:before-store',
    cerebro: 'cerebro:reserved',
    execution: 'execute-order:intent-stored',
    'account-data': 'apply-execution:position-updated',
  },
  {
    'signal-ingestion': 'ingest-signal:stored',
    cerebro: 'cerebro:claimed',
    execution: 'execute-order:placed',
    'account-data': 'apply-execution:stored',
  },
  { cerebro: 'cerebro:decided', execution: 'execute-order:stored', 'account-data': 'sync-accounts:state-stored' },
  { execution: 'paper:accepted' },
  { execution: 'paper:account-updated' },
  {
    'signal-ingestion': 'outbox:published',
    cerebro: 'outbox:published',
    execution: 'outbox:published',
    'account-data': 'outbox:published',
  },
]
const namesOf = (deaths: Deaths) => [...new Set(Object.values(deaths))]

/** Sends a signal again under its id until it is answered, as a sender does. */
const send = (system: System, action: string): Promise<Answer> => {
  const { strategy_id, passphrase, ticker } = demoStrategy(system, 'Forex')
  const body = { strategy_name: strategy_id, passphrase, signalID: action, signal: { ticker, action } }
  return vi.waitFor(
    async () => {
      const answer = await system.post('/api/v1/signals', body)
      expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status)
      return answer
    },
    { timeout: PATIENCE_MS, interval: 50 },
  )
}

async function expectNothingDoubled(system: System): Promise<void> {
  const all = (name: string) => system.db().collection(name).find().toArray()
  const [signals, decisions, orders, placed] = await Promise.all(
    ['trading_signals', 'cerebro_decisions', 'trading_orders', 'paper_orders'].map(all),
  )
  expect(signals).toHaveLength(2)
  expect(decisions?.map(({ signal_id }) => signal_id).sort()).toEqual(signals?.map(({ signal_id }) => signal_id).sort())
  expect(orders?.map(({ signal_id }) => signal_id).sort()).toEqual(signals?.map(({ signal_id }) => signal_id).sort())
  expect(placed?.map(({ client_order_id }) => client_order_id).sort()).toEqual(orders?.map(({ client_order_id }) => client_order_id).sort())
  expect(await all('dead_letters')).toEqual([])
}

describe('a system whose processes die between two lines', () => {
  it('dies at every one of them here', () => {
    // Where a written signal is taken in, other-doors.test.ts dies.
    expect([...runs.flatMap(namesOf), 'ibkr-gateway:adopted'].sort()).toEqual([...crashPoints].sort())
  })

  it.concurrent.for(runs.map(deaths => ({ deaths, names: namesOf(deaths).join(', ') })))(
    'fills an entry and its exit once: $names',
    { timeout: 4 * PATIENCE_MS },
    async ({ deaths }, { onTestFinished }) => {
      const system = await startSystem({ CRASH_AT: namesOf(deaths).join() })
      onTestFinished(() => system.stop())
      const { api_key } = demoStrategy(system, 'Forex')
      for (const action of ['BUY', 'SELL']) {
        const answer = await send(system, action)
        await follow(system, answer.body, api_key, ['FILLED'], PATIENCE_MS)
      }
      await vi.waitFor(() => expectOurBooksToBeTheBrokers(system.db()), { timeout: PATIENCE_MS, interval: 50 })
      await expectBrokersBookToAddUp(system.db())
      await expectNothingDoubled(system)
      await vi.waitFor(() => expect(system.killed().sort()).toEqual(Object.keys(deaths).sort()), { timeout: 30_000, interval: 50 })
    },
  )
})
