import { beforeAll, describe, expect, it } from 'vitest'
import { cerebroOver } from '../../scripts/local/decisions/cerebro.ts'
import { buySignal, type FundPlan, putFund } from '../../scripts/local/decisions/fund.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { cerebroDecisions, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ledgerOf, type Reservation } from '../../shared/store/margin-ledger.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { hooked, hookedAt } from './hooked-store.ts'
import { startDatabase } from './runtime-harness.ts'

const PROCESSES = 4
const SIGNALS = 60
let uri: string

beforeAll(async () => {
  uri = (await startDatabase()).uri
})

/** A fund with a million in each account, whose strategies all trade at 100. */
async function fundOf(name: string, plan: Partial<FundPlan>) {
  const store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })
  await applyCollections(store)
  await putFund(store, { strategies: 2, accounts: 1, days: 60, allocation_pct: 5, holding: false, now: new Date(), ...plan })
  return store
}

const processOver = (store: Store) => cerebroOver(store, () => new Date())

/** Decides a signal of every strategy at once, as several processes would. */
async function decideAll(store: Store): Promise<void> {
  const processes = Array.from({ length: PROCESSES }, () => processOver(store))
  const at = new Date()
  await Promise.all(Array.from({ length: SIGNALS }, (_, index) => processes[index % PROCESSES]?.(buySignal(index, 1, at))))
}

/** Decides one signal, and another in another process between the first one's decision and its reservation. */
async function decideOneInside(store: Store, [first, second]: [ReturnType<typeof buySignal>, ReturnType<typeof buySignal>]) {
  const other = processOver(store)
  const hooked = hookedAt(store, {
    call: 'margin_ledger.findOneAndUpdate',
    n: 1,
    instead: async call => {
      await other(second)
      return call()
    },
  })
  await processOver(hooked)(first)
}

/** Decides a signal while another process has an entry granted before each of its reservations, for as long as the ledger lets it. */
async function decideBehindOthers(store: Store, slow: ReturnType<typeof buySignal>, others: ReturnType<typeof buySignal>[]) {
  const decided: Promise<unknown>[] = []
  let attempts = 0
  const overtaken = hooked(store, async (name, call) => {
    if (name !== 'margin_ledger.findOneAndUpdate') return call()
    attempts += 1
    const other = others.pop()
    if (other) await new Promise<void>(resolve => decided.push(processOver(tellsRefusal(store, resolve))(other).then(() => resolve())))
    return call()
  })
  await processOver(overtaken)(slow)
  await Promise.all(decided)
  return attempts
}

/** The database, of which somebody is told when a reservation is refused. */
const tellsRefusal = (store: Store, refused: () => void): Store =>
  hooked(store, async (name, call) => {
    const found = await call()
    if (name === 'margin_ledger.findOneAndUpdate' && found === null) refused()
    return found
  })

const decisionsIn = async (store: Store): Promise<Map<string, StoredDecision>> => {
  const found = await cerebroDecisions.in(store).find({}).toArray()
  return new Map(found.map(document => [document.signal_id, cerebroDecisions.read(document)]))
}

const grantsIn = async (store: Store): Promise<Reservation[]> => (await ledgerOf(store, 'PAPER'))?.reservations ?? []

const reasons = (decisions: Map<string, StoredDecision>): string[] =>
  [...new Set([...decisions.values()].map(({ decision, reason_code }) => reason_code ?? decision))].sort()

/** Mean of the three worst of sixty days, as a fraction of a million: the CVaR 95 of what was granted so far. */
function cvarOf(granted: readonly Reservation[], returns: ReadonlyMap<string, number[]>): number {
  const days = Array.from({ length: 60 }, (_, day) =>
    granted.reduce(
      (loss, { strategy_id, quantity, price }) =>
        loss - (Number(quantity.times(price)) / 1_000_000) * (returns.get(strategy_id)?.[day] ?? Number.NaN),
      0,
    ),
  )
  const [a = 0, b = 0, c = 0] = days.sort((one, other) => other - one)
  return (a + b + c) / 3
}

describe('limits of the fund under entries that are decided at once', { timeout: 60_000 }, () => {
  it('keeps the CVaR limit at every grant', async () => {
    const cvar_limit = 0.001
    const store = await fundOf('cvar_at_once', { strategies: SIGNALS, settings: { cvar_limit } })
    await decideAll(store)
    const backtests = await store.db.collection('strategy_backtest_data').find({}).toArray()
    const returns = new Map(backtests.map(({ strategy_id, daily_returns }) => [String(strategy_id), daily_returns as number[]]))
    const [granted, decisions] = [await grantsIn(store), await decisionsIn(store)]
    expect(decisions.size).toBe(SIGNALS)
    expect(reasons(decisions)).toEqual(['APPROVED', 'CVAR_LIMIT'])
    granted.forEach(({ signal_id }, index) => {
      const cvar = cvarOf(granted.slice(0, index + 1), returns)
      expect(cvar).toBeLessThanOrEqual(cvar_limit + 1e-12)
      expect(decisions.get(signal_id)?.cvar_after).toBeCloseTo(cvar, 12)
    })
    expect(cvarOf(granted, returns)).toBeGreaterThan(0.9 * cvar_limit)
  })

  it('grants all that fit, none of them twice', async () => {
    const settings = { cvar_limit: 100 }
    const store = await fundOf('all_fit', { strategies: SIGNALS, accounts: 40, allocation_pct: 0.5, settings })
    await decideAll(store)
    expect(reasons(await decisionsIn(store))).toEqual(['APPROVED'])
    const granted = await grantsIn(store)
    expect(new Set(granted.map(({ signal_id }) => signal_id)).size).toBe(SIGNALS)
    expect(granted).toHaveLength(SIGNALS)
    expect(await ledgerOf(store, 'PAPER')).toMatchObject({ grants: SIGNALS })
  })

  it('lets an entry go first that has lost too many races, and the others after it', async () => {
    const store = await fundOf('always_late', { strategies: 30, accounts: 30, allocation_pct: 0.5, settings: { cvar_limit: 100 } })
    const at = new Date()
    const others = Array.from({ length: 29 }, (_, index) => buySignal(index + 1, 1, at))
    expect(await decideBehindOthers(store, buySignal(0, 1, at), others)).toBe(6)
    const granted = await grantsIn(store)
    expect(reasons(await decisionsIn(store))).toEqual(['APPROVED'])
    expect(granted.map(({ strategy_id }) => strategy_id).indexOf('S0')).toBe(5)
    expect(granted).toHaveLength(7)
    expect(await ledgerOf(store, 'PAPER')).not.toHaveProperty('next')
  })

  it('lets others go while the one that was to be first reads everything anew', async () => {
    const store = await fundOf('reads_anew', { strategies: 6, accounts: 6, allocation_pct: 0.5, settings: { cvar_limit: 100 } })
    const others = Array.from({ length: 5 }, (_, index) => buySignal(index + 1, 1, new Date()))
    const nextIn = async () => (await ledgerOf(store, 'PAPER'))?.next?.signal_id ?? 'nobody'
    const seen: string[] = []
    const unread = hooked(store, async (name, call) => {
      if (seen.length === 1 && name.endsWith('.aggregate')) seen.push(await nextIn())
      const other = name === 'margin_ledger.findOneAndUpdate' && others.pop()
      if (other) await processOver(store)(other)
      if (seen.length > 0 || name !== 'margin_ledger.findOne' || (await nextIn()) === 'nobody') return call()
      seen.push(await nextIn())
      return null
    })
    const slow = buySignal(0, 1, new Date())
    await processOver(unread)(slow)
    expect(seen).toEqual([slow.signal_id, 'nobody'])
    expect(await grantsIn(store)).toHaveLength(6)
  })

  it('lets in one of two strategies that move together', async () => {
    const store = await fundOf('correlated_at_once', { allocation_pct: 25 })
    const backtests = store.db.collection('strategy_backtest_data')
    const same = await backtests.findOne({ strategy_id: 'S0' })
    await backtests.updateOne({ strategy_id: 'S1' }, { $set: { daily_returns: same?.daily_returns } })
    await decideOneInside(store, [buySignal(0, 1, new Date()), buySignal(1, 1, new Date())])
    const decisions = [...(await decisionsIn(store)).values()]
    expect(decisions.map(({ strategy_id, reason_code }) => [strategy_id, reason_code])).toEqual([
      ['S1', null],
      ['S0', 'CORRELATION_LIMIT'],
    ])
  })

  it('keeps the largest position of a strategy over two of its signals', async () => {
    const store = await fundOf('position_at_once', {})
    await store.db
      .collection('strategy_configurations')
      .updateOne({ strategy_id: 'S0' }, { $set: { risk_limits: { max_position_size: new Decimal(30_000), max_daily_loss: null } } })
    await decideOneInside(store, [buySignal(0, 1, new Date()), buySignal(0, 2, new Date())])
    const decisions = await decisionsIn(store)
    expect([...decisions.values()].map(({ reason_code, cut_by }) => reason_code ?? cut_by)).toEqual(['RISK_LIMIT', 'RISK_LIMIT'])
    // 30,000 at 100
    expect((await grantsIn(store)).map(({ quantity }) => quantity.toString())).toEqual(['300'])
  })
})
