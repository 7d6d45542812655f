import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { expectBrokersBookToAddUp, expectOurBooksToBeTheBrokers } from '../integration/books.ts'
import { type System, startSystem } from '../integration/system.ts'

const SIGNALS = 200
const ended = ['FILLED', 'CANCELED', 'REJECTED', 'EXPIRED', 'DENIED']

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

/** Posts a signal as a sender does: what gets no answer, or one of our own faults, is sent again under the same id. */
async function postUntilAnswered(number: number): Promise<number> {
  const strategies = system.endpoints().demo?.strategies ?? []
  const strategy = strategies[number % strategies.length]
  const action = Math.floor(number / strategies.length) % 2 === 0 ? 'BUY' : 'SELL'
  const body = {
    strategy_name: strategy?.strategy_id,
    passphrase: strategy?.passphrase,
    signalID: `signal ${number}`,
    signal: { ticker: strategy?.ticker, action },
  }
  for (;;) {
    const status = await system.post('/api/v1/signals', body).then(
      answer => answer.status,
      () => 0,
    )
    if (status === 200 || status === 201) return status
    expect([0, 502, 503], `signal ${number}`).toContain(status)
    await pause(100) // a sender's own pace, not a wait for a result
  }
}

async function kill(name: string): Promise<void> {
  const pidOf = () => system.endpoints().processes.find(process => process.name === name)?.pid
  const pid = pidOf()
  process.kill(pid ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(pidOf()).not.toBe(pid), { timeout: 30_000, interval: 20 })
}

describe('kill -9 of each process in turn, in the middle of 200 signals', () => {
  it('loses no signal, does none twice, and forgets no exit', { timeout: 120_000 }, async () => {
    let next = 0
    const senders = Array.from({ length: 4 }, async () => {
      while (next < SIGNALS) await postUntilAnswered(next++)
    })
    const names = system.endpoints().processes.map(({ name }) => name)
    for (const [index, name] of names.entries()) {
      const due = Math.floor(((index + 1) * SIGNALS) / (names.length + 1))
      await vi.waitFor(() => expect(next).toBeGreaterThanOrEqual(due), { timeout: 60_000, interval: 5 })
      await kill(name)
    }
    await Promise.all(senders)

    const signals = system.db().collection('trading_signals')
    await vi.waitFor(async () => expect(await signals.countDocuments({ status: { $in: ended } })).toBe(SIGNALS), {
      timeout: 90_000,
      interval: 500,
    })
    await vi.waitFor(() => expectOurBooksToBeTheBrokers(system.db()), { timeout: 90_000, interval: 500 })
    await expectBrokersBookToAddUp(system.db())
    expect(await signals.countDocuments()).toBe(SIGNALS)
    expect(await system.db().collection('cerebro_decisions').countDocuments()).toBe(SIGNALS)
    expect(await system.db().collection('dead_letters').countDocuments()).toBe(0)
    const [orders, placed] = await Promise.all(
      ['trading_orders', 'paper_orders'].map(name => system.db().collection(name).find().toArray()),
    )
    const atBroker = placed?.map(({ client_order_id }) => client_order_id) ?? []
    expect(new Set(atBroker).size).toBe(atBroker.length)
    expect(atBroker.filter(id => !orders?.some(({ client_order_id }) => client_order_id === id))).toEqual([])
    // What we denied, or let go before it was sent, never came to the broker; everything else did.
    const letGo = ['DENIED', 'EXPIRED', 'CANCELED']
    const missing = orders?.filter(({ client_order_id, status }) => !atBroker.includes(client_order_id) && !letGo.includes(status))
    expect(missing).toEqual([])
    expect(orders?.filter(({ status }) => !ended.includes(status))).toEqual([])
  })
})
