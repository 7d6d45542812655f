import { beforeAll, describe, expect, it } from 'vitest'
import { valueDropped } from '../../functions/cerebro/dropped-entries.ts'
import { readDecision } from '../../functions/dashboards/signal-decision.ts'
import { recordPnls } from '../../functions/sync-accounts/strategy-pnl.ts'
import { cerebroOver } from '../../scripts/local/decisions/cerebro.ts'
import { buySignal, type FundPlan, putFund } from '../../scripts/local/decisions/fund.ts'
import type { Broker } from '../../shared/brokers/broker.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { StandardizedSignal } from '../../shared/messages/signal.ts'
import { cerebroDecisions } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { insertSignal } from '../../shared/store/trading-signals.ts'
import { startDatabase } from './runtime-harness.ts'

let uri: string
const now = new Date()
const later = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const DAY_S = 86_400

beforeAll(async () => {
  uri = (await startDatabase()).uri
})

/** S0 holds 10 of EQUITY:T1 at 100. */
async function fundOf(name: string, plan: Partial<FundPlan> = {}): Promise<Store> {
  const store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })
  await applyCollections(store)
  const settings = { cvar_limit: 1 }
  await putFund(store, { strategies: 2, accounts: 1, days: 60, allocation_pct: 10, holding: true, settings, now, ...plan })
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

type Leg = StandardizedSignal['legs'][number]

/** A signal of S0 in what it holds. */
function signalOf(sequence: number, leg: Partial<Leg>, changes: Partial<StandardizedSignal> = {}): StandardizedSignal {
  const [plain] = buySignal(0, sequence, now).legs as [Leg]
  const [held] = buySignal(1, sequence, now).legs as [Leg]
  return {
    ...buySignal(0, sequence, now),
    legs: [{ ...plain, instrument_id: held.instrument_id, instrument: held.instrument, signal_type: null, ...leg }],
    ...changes,
  }
}

const decisionOf = async (store: Store, { signal_id }: StandardizedSignal) => {
  const found = await cerebroDecisions.in(store).findOne({ signal_id })
  return found && cerebroDecisions.read(found)
}

const change = (store: Store, collection: string, fields: object) =>
  store.db.collection(collection).updateMany(collection === 'positions' ? { strategy_id: 'S0' } : {}, { $set: fields })

describe('a reversal in an account whose margin its own position fills', () => {
  const closed = { status: 'CLOSED', quantity: new Decimal(0), closing: [] }
  const reversal = signalOf(1, { action: 'SELL' }, { position_after: new Decimal(-10) })
  const ended = { redecide: 'order ended', ended_at: later(1).toISOString() }

  it('enters with what its exit has freed, once the account was read after that', async () => {
    const store = await fundOf('reversal_freed', { margin_used: { A0: 400_000 } })
    await put(store, reversal)
    const requests: string[] = []
    const decide = cerebroOver(store, () => now, {
      requestSync: async (account_id, at) => {
        requests.push(`${account_id} ${at.toISOString()}`)
        const read = { 'accounts.A0.free': new Decimal(400_000), 'fund.free': new Decimal(400_000), 'accounts.A0.as_of': later(2) }
        await change(store, 'account_current', { timestamp: later(2) })
        await change(store, 'margin_ledger', read)
      },
    })
    await decide(reversal)
    expect((await decisionOf(store, reversal))?.legs).toMatchObject([{ decision: 'APPROVED' }, { decision: 'HELD' }])
    await change(store, 'positions', closed)
    await decide(reversal, ended)
    expect(requests).toEqual([`A0 ${later(1).toISOString()}`])
    const decision = await decisionOf(store, reversal)
    expect(decision?.legs[1]).toMatchObject({ decision: 'APPROVED', position_size: new Decimal(1000) })
    expect(decision?.calculation.find(({ step, figures }) => step === 'account' && figures.sync)?.figures.sync).toBe(
      'sync requested, waited, read',
    )
  })

  it('waits for nothing where enough was free before', async () => {
    const store = await fundOf('reversal_free')
    await put(store, reversal)
    const decide = cerebroOver(store, () => now, { requestSync: () => Promise.reject(new Error('nobody needs it')) })
    await decide(reversal)
    await change(store, 'positions', closed)
    await decide(reversal, ended)
    expect((await decisionOf(store, reversal))?.legs[1]).toMatchObject({ decision: 'APPROVED' })
  })
})

describe('an exit without a quantity', () => {
  it('closes the fraction that the sender’s earlier quantities tell', async () => {
    const store = await fundOf('told_by_quantities')
    await put(store, signalOf(1, { action: 'BUY', requested_quantity: new Decimal(30) }))
    await put(store, signalOf(2, { action: 'BUY', requested_quantity: new Decimal(10) }))
    const exit = signalOf(3, { action: 'SELL' }, { position_after: new Decimal(10) })
    await put(store, exit)
    await cerebroOver(store, () => now)(exit)
    const decision = await decisionOf(store, exit)
    // three quarters of ours, in whole lots
    expect(decision?.orders.map(({ quantity }) => quantity.toString())).toEqual(['7'])
    expect(decision?.calculation.at(-1)?.figures).toEqual({ part: '30 of 40, as the sender' })
  })
})

describe('a limit on the loss of a day that is set on an old strategy', () => {
  const account = {
    account_id: 'A0',
    account_type: 'MARGIN',
    currency: 'USD',
    status: 'ACTIVE',
    trading_mode: 'PAPER',
    description: '',
  } as const

  it('does not count what was lost on the days before', async () => {
    const store = await fundOf('limit_on_old')
    const old = { opened_at: later(-3 * DAY_S), realized_pnl: new Decimal(-900), unrealized_pnl: new Decimal(-50) }
    await change(store, 'positions', old)
    await change(store, 'strategy_configurations', { 'risk_limits.max_daily_loss': new Decimal(60) })
    await recordPnls(store, { account, read_at: now, time_zone: 'America/New_York' })
    const first = buySignal(0, 1, now)
    await cerebroOver(store, () => now)(first)
    expect(await decisionOf(store, first)).toMatchObject({ decision: 'APPROVED' })
    // and counts what it loses from then on
    await change(store, 'margin_ledger', { reservations: [] })
    await change(store, 'positions', { unrealized_pnl: new Decimal(-110) })
    await recordPnls(store, { account, read_at: new Date(now.getTime() + 1), time_zone: 'America/New_York' })
    const second = buySignal(0, 2, now)
    await cerebroOver(store, () => now)(second)
    expect(await decisionOf(store, second)).toMatchObject({
      reason: 'RISK_LIMIT: day_pnl_usd=-60.00, max_daily_loss_usd=60',
    })
  })
})

describe('an entry that was dropped and that no signal closes', () => {
  it('is valued when its strategy’s usual holding time is over, after fees, and shown to its sender', async () => {
    const store = await fundOf('elapsed')
    await change(store, 'strategy_backtest_data', { mean_holding_days: 2 })
    await change(store, 'settings', { 'kill_switch.strategies': { S0: 'REDUCING' } })
    await store.db.collection('fills').insertOne({
      account_id: 'A0',
      execution_id: 'E1',
      order_id: 'O1',
      signal_id: 'S0_20260301_150000_001',
      strategy_id: 'S0',
      broker_id: 'B0',
      trading_mode: 'PAPER',
      instrument_id: 'EQUITY:T1',
      symbol: 'T1',
      currency: 'USD',
      multiplier: new Decimal(1),
      action: 'BUY',
      quantity: new Decimal(10),
      price: new Decimal(100),
      commission: new Decimal(1),
      commission_currency: 'USD',
      time: later(-DAY_S),
      is_exit: false,
      booked: true,
      booked_at: now,
      realized_pnl: new Decimal(0),
    })
    const dropped = signalOf(1, { action: 'BUY', signal_type: 'ENTRY' })
    await put(store, dropped)
    await cerebroOver(store, () => now)(dropped)
    expect(await decisionOf(store, dropped)).toMatchObject({ decision: 'DENIED', reason_code: 'KILL_SWITCH' })
    const value = valueDropped({ store, cerebro_version: 'v1' })
    await value({}, { now: later(2 * DAY_S - 60) })
    expect(await decisionOf(store, dropped)).toMatchObject({ counterfactual_pending: true })
    await change(store, 'quotes', { bid: new Decimal(110), as_of: later(2 * DAY_S + 60) })
    await value({}, { now: later(2 * DAY_S + 60) })
    // 990 units: what 10 % less the 1,000 in use buys at 100. 9,900 gained, less a thousandth of 99,000 and of 108,900.
    expect((await readDecision(store, dropped.signal_id))?.counterfactuals).toEqual([
      {
        ticker: 'T1',
        action: 'BUY',
        quantity: 990,
        entry_price: 100,
        exit_price: 110,
        exit_at: later(2 * DAY_S + 60).toISOString(),
        ended_by: null,
        pnl: 9692.1,
        fees: 207.9,
        currency: 'USD',
        pnl_pct: 9.79,
      },
    ])
  })
})

describe('an account that was never compared with its broker (rule 7)', () => {
  it('lets an entry wait until it was, and an exit go', async () => {
    const store = await fundOf('never_reconciled')
    const accounts = store.db.collection('broker_accounts')
    const reconciled = await accounts.findOne({ account_id: 'A0' })
    await accounts.deleteMany({})
    const decide = cerebroOver(store, () => now)
    const [entry, exit] = [buySignal(0, 1, now), signalOf(2, { action: 'SELL' })]
    for (const signal of [entry, exit]) await put(store, signal)
    const entering = decide(entry)
    await decide(exit)
    expect(await decisionOf(store, exit)).toMatchObject({ decision: 'APPROVED', orders: [{ is_exit: true }] })
    expect(await decisionOf(store, entry)).toBeNull()
    await accounts.insertOne({ ...reconciled })
    await entering
    expect(await decisionOf(store, entry)).toMatchObject({ decision: 'APPROVED' })
  })

  it('denies an entry at once where nobody can tell, its broker being away', async () => {
    const store = await fundOf('never_reached')
    await change(store, 'broker_accounts', { status: 'DISCONNECTED', reconciled: false, reconciled_at: null })
    const entry = buySignal(0, 1, now)
    await cerebroOver(store, () => now)(entry)
    expect(await decisionOf(store, entry)).toMatchObject({ decision: 'DENIED', reason_code: 'BROKER_UNAVAILABLE' })
  })
})

describe('an account whose broker is not the paper broker', () => {
  const withAdapter = async (name: string, adapter: string) => {
    const store = await fundOf(name)
    await change(store, 'account_hierarchy', { 'brokers.0.adapter': adapter })
    return store
  }

  it('exits where its broker cannot be opened, and enters nothing', async () => {
    const store = await withAdapter('cannot_open', 'zerodha')
    const decide = cerebroOver(store, () => now, { brokers: () => Promise.reject(new Error('no login')) })
    const [entry, exit] = [buySignal(0, 1, now), signalOf(2, { action: 'SELL' })]
    for (const signal of [entry, exit]) await put(store, signal)
    for (const signal of [entry, exit]) await decide(signal)
    expect(await decisionOf(store, entry)).toMatchObject({ decision: 'DENIED', reason_code: 'BROKER_UNAVAILABLE' })
    expect(await decisionOf(store, exit)).toMatchObject({ decision: 'APPROVED', orders: [{ is_exit: true }] })
  })

  it('of IBKR is priced by what its stream has written, and asked nothing', async () => {
    const store = await withAdapter('streamed', 'ibkr')
    const capabilities = {
      order_types: ['MARKET'],
      times_in_force: ['DAY'],
      emulable: [],
      client_order_id_length: 20,
      client_order_id_symbols: false,
    }
    const broker = { capabilities, quote: () => Promise.reject(new Error('asked')) } as unknown as Broker
    const decide = cerebroOver(store, () => now, { brokers: async () => broker })
    await change(store, 'quotes', { ask: new Decimal(50), as_of: later(-30) })
    const streamed = buySignal(0, 1, now)
    await decide(streamed)
    // 99,000 that are left at 50
    expect((await decisionOf(store, streamed))?.wanted_quantity.toString()).toBe('1980')
    await change(store, 'quotes', { as_of: later(-61) })
    await change(store, 'margin_ledger', { reservations: [] })
    const silent = buySignal(0, 2, now)
    await decide(silent)
    expect(await decisionOf(store, silent)).toMatchObject({ reason_code: 'PRICE_UNAVAILABLE' })
  })
})
