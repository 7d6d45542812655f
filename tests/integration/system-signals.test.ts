import { beforeAll, describe, expect, it } from 'vitest'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { standardizedSignal } from '../../shared/messages/signal.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { insertSystemSignal, type SystemOrder } from '../../shared/store/system-signals.ts'
import { tradingSignals } from '../../shared/store/trading-signals.ts'
import { startDatabase } from './runtime-harness.ts'

let store: Store

beforeAll(async () => {
  const { uri } = await startDatabase()
  store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: 'system_signals', FUND_ID: 'fund' })
  await applyCollections(store)
})

const order = (cause: string): SystemOrder => ({
  strategy_id: 'S1',
  environment: 'staging',
  cause,
  why: 'the account is at 61 % margin',
  at: new Date('2026-03-02T15:00:00.123Z'),
  exits: [
    {
      instrument_id: 'AAPL',
      instrument: {
        symbol: 'AAPL',
        asset_class: 'EQUITY',
        exchange: null,
        currency: 'USD',
        expiry: null,
        strike: null,
        right: null,
        multiplier: new Decimal(1),
      },
      action: 'SELL',
      quantity: new Decimal(40),
    },
  ],
})

describe('an order that no sender asked for', () => {
  it('is a signal of the system with an id like all others, and goes their way', async () => {
    const signal = await insertSystemSignal(store, order('deleverage:A1:1'))
    expect(signal).toMatchObject({ signal_id: 'S1_20260302_150000_001', source: 'system', status: 'STANDARDIZED' })
    const [message] = signal.outbox ?? []
    expect(message).toMatchObject({ topic: 'standardized-signals', ordering_key: 'S1' })
    expect(standardizedSignal.parse(JSON.parse(message?.data ?? ''))).toMatchObject({
      source: 'system',
      legs: [{ instrument_id: 'AAPL', signal_type: 'EXIT', action: 'SELL', requested_quantity: new Decimal(40) }],
    })
  })

  it('is one signal however often its cause asks, and the next cause gets the next id', async () => {
    const asked = await Promise.all(Array.from({ length: 10 }, () => insertSystemSignal(store, order('exit-all:7'))))
    expect(new Set(asked.map(({ signal_id }) => signal_id)).size).toBe(1)
    expect(await tradingSignals.in(store).countDocuments({ identity: 'system:exit-all:7' })).toBe(1)
    const next = await insertSystemSignal(store, order('exit-all:8'))
    expect(next.signal_id).not.toBe(asked[0]?.signal_id)
  })
})
