import { beforeAll, describe, expect, it, vi } from 'vitest'
import { readPositions } from '../../functions/dashboards/position-list.ts'
import { readDecision } from '../../functions/dashboards/signal-decision.ts'
import { listQuery, readList } from '../../functions/dashboards/signal-list.ts'
import { readTrail } from '../../functions/dashboards/signal-trail.ts'
import { recordPnls } from '../../functions/sync-accounts/strategy-pnl.ts'
import { cerebroOver } from '../../scripts/local/decisions/cerebro.ts'
import { buySignal, putFund } from '../../scripts/local/decisions/fund.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { Leg, StandardizedSignal } from '../../shared/messages/signal.ts'
import { recordBrokerStatus } from '../../shared/store/broker-status.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { insertSignal } from '../../shared/store/trading-signals.ts'
import { startDatabase } from './runtime-harness.ts'

let uri: string
const now = new Date()
const DAY_MS = 86_400_000

beforeAll(async () => {
  uri = (await startDatabase()).uri
})

/** Two strategies, each holding 10 units at 100 of what the next one trades; S0 is asked to BUY EQUITY:T0. */
async function fundOf(name: string, allocation_pct = 10): Promise<Store> {
  const store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })
  await applyCollections(store)
  await putFund(store, { strategies: 2, accounts: 1, days: 60, allocation_pct, holding: true, settings: { cvar_limit: 1 }, now })
  return store
}

const put = (store: Store, signal: StandardizedSignal) =>
  insertSignal(store, {
    ...signal,
    identity: `id:${signal.signal_id}`,
    content_hash: 'hash',
    raw: {},
    status: 'STANDARDIZED',
    states: [{ state: 'STANDARDIZED', at: signal.received_at }],
    outbox: [],
  })

/** Its decision, as it is stored. */
async function decide(store: Store, { leg = {}, ...changes }: Partial<StandardizedSignal> & { leg?: Partial<Leg> } = {}) {
  const plain = buySignal(0, 9, now)
  const signal = { ...plain, legs: plain.legs.map(each => ({ ...each, ...leg })), ...changes }
  await put(store, signal)
  await cerebroOver(store, () => now)(signal)
  return store.db.collection('cerebro_decisions').findOne({ signal_id: signal.signal_id })
}

const change = (store: Store, collection: string, filter: object, fields: object) =>
  store.db.collection(collection).updateOne(filter, { $set: fields })

describe('what a sender is told of a decision', () => {
  /** All that a strategy's key lets somebody read of it. */
  const told = async (store: Store, signal_id: string) =>
    JSON.stringify([await readDecision(store, signal_id), await readTrail(store, { strategy_id: 'S0', signal_id })])

  it('names no strategy that its own moves with, nor what that weighs', async () => {
    const store = await fundOf('correlated', 30)
    const own = await store.db.collection('strategy_backtest_data').findOne({ strategy_id: 'S0' })
    await change(store, 'strategy_backtest_data', { strategy_id: 'S1' }, { daily_returns: own?.daily_returns })
    const decision = await decide(store)
    expect(decision).toMatchObject({ decision: 'DENIED', reason_code: 'CORRELATION_LIMIT' })
    expect(decision?.calculation.at(-1).figures).toMatchObject({ with_strategy: 'S1', correlation: '1.0000', joint_weight_pct: '60.00' })
    const shown = await told(store, decision?.signal_id)
    expect(shown).toContain('CORRELATION_LIMIT')
    for (const hidden of ['S1', 'with_strategy', 'joint_weight', '60.00', '1.0000']) expect(shown).not.toContain(hidden)
  })

  it('names nobody who keeps the fund’s risk from being known', async () => {
    const store = await fundOf('unknown_risk')
    await store.db.collection('strategy_backtest_data').deleteOne({ strategy_id: 'S1' })
    const decision = await decide(store)
    expect(decision).toMatchObject({ decision: 'DENIED', reason_code: 'NO_SCENARIOS' })
    expect(decision?.calculation.at(-1).figures.without).toBe('S1 EQUITY:T2')
    const shown = await told(store, decision?.signal_id)
    expect(shown).toContain('NO_SCENARIOS')
    for (const hidden of ['S1', 'EQUITY:T2', 'without', 'free_fund', 'cvar_before']) expect(shown).not.toContain(hidden)
  })
})

describe('an entry', () => {
  it.each(['NEEDS_LOGIN', 'DISCONNECTED'] as const)('is denied while its broker is found %s', async status => {
    const store = await fundOf(`broker_${status}`)
    await recordBrokerStatus(store, { broker_id: 'B0', status, reason: 'seen', as_of: now })
    expect(await decide(store)).toMatchObject({
      reason_code: 'BROKER_UNAVAILABLE',
      reason: `BROKER_UNAVAILABLE: broker_id=B0, status=${status}`,
    })
  })

  it('is denied once its strategy has lost its limit since midnight, whatever it lost before', async () => {
    const store = await fundOf('daily_loss')
    const limit = (max_daily_loss: number) =>
      change(store, 'strategy_configurations', { strategy_id: 'S0' }, { 'risk_limits.max_daily_loss': new Decimal(max_daily_loss) })
    const read = async (loss: number, read_at: Date) => {
      await change(store, 'positions', { strategy_id: 'S0' }, { unrealized_pnl: new Decimal(-loss) })
      const account = {
        account_id: 'A0',
        account_type: 'MARGIN',
        currency: 'USD',
        status: 'ACTIVE',
        trading_mode: 'PAPER',
        description: '',
      } as const
      await recordPnls(store, { account, read_at, time_zone: 'America/New_York' })
    }
    await limit(60)
    await read(500, new Date(now.getTime() - DAY_MS))
    await read(560, now)
    const denied = await decide(store)
    expect(denied).toMatchObject({ reason_code: 'RISK_LIMIT', reason: 'RISK_LIMIT: day_pnl_usd=-60.00, max_daily_loss_usd=60' })
    await limit(61)
    expect(await decide(store, { signal_id: 'S0_20260302_150000_010' })).toMatchObject({ decision: 'APPROVED' })
  })

  it('is denied without a rate, and where nothing tells its price', async () => {
    const store = await fundOf('unpriced')
    await store.db.collection('quotes').deleteOne({ instrument_id: 'EQUITY:T0' })
    expect(await decide(store)).toMatchObject({ reason_code: 'PRICE_UNAVAILABLE' })
    const priced = await decide(store, { signal_id: 'S0_20260302_150000_010', leg: { price: new Decimal(50) } })
    // 10 % of 1,000,000 less the 1,000 that S0 holds, at the price of the signal
    expect(String(priced?.wanted_quantity)).toBe('1980')
    const abroad = await fundOf('no_rate')
    await change(abroad, 'instruments', { instrument_id: 'EQUITY:T0' }, { currency: 'CAD' })
    expect(await decide(abroad)).toMatchObject({ reason_code: 'FX_UNAVAILABLE', reason: 'FX_UNAVAILABLE: currency=CAD' })
  })
})

describe('an exit that tells only what is left', () => {
  it('closes the part that the position told before gives', async () => {
    const store = await fundOf('scale_out')
    await change(store, 'positions', { strategy_id: 'S0' }, { instrument_id: 'EQUITY:T0' })
    const at = (seconds: number) => new Date(now.getTime() - seconds * 1000)
    const told = (sequence: number, instrument: number, after: number) => ({
      ...buySignal(0, sequence, at(10 - sequence)),
      legs: buySignal(instrument, 1, now).legs,
      position_after: new Decimal(after),
    })
    await put(store, told(1, 0, 5))
    await put(store, told(2, 0, 20))
    // of another instrument
    await put(store, told(3, 1, 7))
    const exit = await decide(store, { position_after: new Decimal(8), leg: { action: 'SELL', signal_type: null } })
    // they go from 20 to 8: 60 % of our 10
    expect(exit).toMatchObject({ decision: 'APPROVED', legs: [{ signal_type: 'EXIT' }] })
    expect(String(exit?.position_size)).toBe('6')
  })
})

describe('the list of a strategy’s signals', () => {
  it('holds each with what became of it, newest first, page by page, and what was refused in the database', async () => {
    const store = await fundOf('list')
    const at = (second: number) => new Date(now.getTime() + second * 1000)
    const approved = await decide(store, { signal_id: 'S0_20260302_150000_001', received_at: at(1) })
    await change(store, 'strategy_configurations', { strategy_id: 'S0' }, { status: 'INACTIVE' })
    await decide(store, { signal_id: 'S0_20260302_150000_002', received_at: at(2) })
    await put(store, { ...buySignal(0, 3, at(3)) })
    await put(store, buySignal(1, 4, at(4)))
    const refusal = { code: 'UNKNOWN_INSTRUMENT', detail: 'NOPE is not known.' }
    const refused = { strategy_id: 'S0', status: 'REFUSED', received_at: at(5), refusal, duplicate_of: null, raw: {}, states: [] }
    await store.db.collection('trading_signals').insertOne(refused)
    const list = (asked: object) => readList(store, 'S0', listQuery.parse(asked))

    const first = await list({ limit: 2 })
    const second = await list({ limit: 2, cursor: first.next_cursor })
    expect(second.next_cursor).toBeNull()
    expect(first.strategy_id).toBe('S0')
    expect([...first.signals, ...second.signals]).toEqual([
      {
        signal_id: null,
        timestamp: at(5).toISOString(),
        ticker: null,
        action: null,
        status: 'REJECTED',
        state: 'REFUSED',
        position_size_usd: null,
        allocation_pct: null,
        reason: 'UNKNOWN_INSTRUMENT: NOPE is not known.',
      },
      expect.objectContaining({ signal_id: 'S0_20260302_150000_003', status: 'PENDING', state: 'STANDARDIZED', reason: null }),
      expect.objectContaining({ status: 'REJECTED', state: 'DENIED', reason: 'STRATEGY_INACTIVE: status=INACTIVE' }),
      {
        signal_id: 'S0_20260302_150000_001',
        timestamp: at(1).toISOString(),
        ticker: 'T0',
        action: 'BUY',
        status: 'EXECUTED',
        state: 'DECIDED',
        // 10 % of 1,000,000 less the 1,000 that S0 holds
        position_size_usd: 99_000,
        allocation_pct: 10,
        reason: approved?.reason,
      },
    ])
    expect((await list({ status: 'REJECTED' })).signals.map(({ state }) => state)).toEqual(['REFUSED', 'DENIED'])
    await expect(list({ cursor: 'guess' })).rejects.toThrow('next_cursor of a page')
  })
})

describe('the positions of a strategy', () => {
  it('are told with their exposure in USD, whatever they are in', async () => {
    const store = await fundOf('positions')
    const mine = {
      quantity: new Decimal(-20),
      current_price: new Decimal(110),
      unrealized_pnl: new Decimal(-200),
      'instrument.currency': 'CAD',
    }
    await change(store, 'positions', { strategy_id: 'S0' }, mine)
    const unknown = await readPositions(store, 'S0', now)
    expect(unknown).toMatchObject({ open_positions: [{ exposure_usd: null }], total_exposure_usd: null, total_unrealized_pnl: null })
    const rate = { currency: 'CAD', into: 'USD', rate: new Decimal('0.7'), day: '2026-03-02', as_of: now, source: 'test' }
    await store.db.collection('fx_rates').insertOne(rate)
    // 20 × 110 × 0.7, and -200 × 0.7
    await vi.waitFor(
      async () =>
        expect(await readPositions(store, 'S0', now)).toMatchObject({
          strategy_id: 'S0',
          open_positions: [{ ticker: 'T1', side: 'SHORT', quantity: 20, current_price: 110, unrealized_pnl: -140, exposure_usd: 1540 }],
          total_exposure_usd: 1540,
          total_unrealized_pnl: -140,
        }),
      { timeout: 30_000, interval: 100 },
    )
  })
})
