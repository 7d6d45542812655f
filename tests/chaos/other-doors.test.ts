import { describe, expect, it, vi } from 'vitest'
import { demoStrategy, follow, startSystem } from '../integration/system.ts'

const PATIENCE_MS = 30_000

describe('a listener that dies between a signal and its place in the change stream', () => {
  it('takes every signal in once, and goes on', { timeout: 4 * PATIENCE_MS }, async ({ onTestFinished }) => {
    const system = await startSystem({ CRASH_AT: 'ibkr-gateway:adopted' })
    onTestFinished(() => system.stop())
    const { passphrase, ticker, api_key } = demoStrategy(system, 'Forex')
    const signals = system.db().collection('trading_signals')
    const written = (n: number) => {
      const signal = { ticker, action: n === 0 ? 'BUY' : 'SELL', quantity: 1000 }
      return { strategy_name: 'Forex', passphrase, signalID: `written_${n}`, signal }
    }
    await signals.insertMany([written(0), written(1)])
    const taken = await vi.waitFor(
      async () => {
        const found = await signals.find({ signal_id: { $exists: true } }).toArray()
        expect(found).toHaveLength(2)
        return found
      },
      { timeout: PATIENCE_MS, interval: 50 },
    )
    for (const { signal_id } of taken)
      await follow(system, { status_url: `http://any/api/v1/signal-senders/Forex/signals/${signal_id}` }, api_key, ['FILLED'], PATIENCE_MS)
    expect(system.killed()).toEqual(['execution'])
    const all = await signals.find().toArray()
    expect(all.map(({ status }) => status)).toEqual(['FILLED', 'FILLED'])
    const decisions = await system.db().collection('cerebro_decisions').find().toArray()
    expect(decisions.map(({ signal_id }) => signal_id).sort()).toEqual(all.map(({ signal_id }) => signal_id).sort())
    await signals.insertOne(written(2))
    await vi.waitFor(async () => expect(await signals.countDocuments({ signal_id: { $exists: true } })).toBe(3), {
      timeout: 30_000,
      interval: 20,
    })
  })
})
