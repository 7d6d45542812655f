import { beforeAll, describe, expect, it } from 'vitest'
import { freeOrphanReservations } from '../../functions/supervise-orders/orphan-reservations.ts'
import { cerebroOver } from '../../scripts/local/decisions/cerebro.ts'
import { buySignal, putFund } from '../../scripts/local/decisions/fund.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import { cerebroDecisions, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ledgerOf } from '../../shared/store/margin-ledger.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { hookedAt, lost } from './hooked-store.ts'
import { startDatabase } from './runtime-harness.ts'

const SIGNALS = 200
const PROCESSES = 4
let uri: string

beforeAll(async () => {
  uri = (await startDatabase()).uri
})

/** A fund where nothing but margin binds: each of 200 strategies may spend 5 % of it, which takes a quarter of that as margin. */
async function fundOf(name: string, accounts: number, margin_used: Record<string, number> = {}, strategies = SIGNALS) {
  const store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: name, FUND_ID: 'fund' })
  await applyCollections(store)
  const settings = { cvar_limit: 100 }
  await putFund(store, {
    strategies,
    accounts,
    days: 60,
    allocation_pct: 5,
    holding: false,
    margin_used,
    settings,
    now: new Date(),
  })
  return store
}

/** Decides a signal of every strategy at once, as several processes would; their decisions. */
async function decideAll(store: Store): Promise<StoredDecision[]> {
  const processes = Array.from({ length: PROCESSES }, () => cerebroOver(store, () => new Date()))
  const received_at = new Date()
  const all = Array.from({ length: SIGNALS }, (_, index) => processes[index % PROCESSES]?.(buySignal(index, 1, received_at)))
  await Promise.all(all)
  return (await cerebroDecisions.in(store).find({}).toArray()).map(document => cerebroDecisions.read(document))
}

const LIMIT = new Decimal('0.4')

/**
 * Reads the history of a ledger that nothing was released from: at each reservation, in the order in which they were granted, what was in use
 * before and everything reserved so far is within 40 % of the equity that is stored with it, on the account and over the fund.
 */
function checkHistory(decisions: StoredDecision[], granted: string[], usedBefore: Record<string, number>): Record<string, Decimal> {
  const bySignal = new Map(decisions.map(decision => [decision.signal_id, decision]))
  const inUse: Record<string, Decimal> = {}
  let inFund = Object.values(usedBefore).reduce((total, used) => total.plus(used), new Decimal(0))
  for (const signal_id of granted) {
    const decision = bySignal.get(signal_id)
    const [reservation] = decision?.reservations ?? []
    if (!decision || !reservation) throw new Error(`${signal_id} holds margin without a decision`)
    const { account_id, amount, amount_fund, equity, equity_fund } = reservation
    const own = (inUse[account_id] ?? new Decimal(usedBefore[account_id] ?? 0)).plus(amount)
    inUse[account_id] = own
    inFund = inFund.plus(amount_fund)
    expect(own.lte(equity.times(LIMIT)), `${account_id} at ${own} of ${equity}`).toBe(true)
    expect(inFund.lte(equity_fund.times(LIMIT)), `the fund at ${inFund} of ${equity_fund}`).toBe(true)
    const step = decision.calculation.find(each => each.step === 'reservation')
    expect(step?.figures).toMatchObject({
      free_after: equity.times(LIMIT).minus(own).toString(),
      free_fund_after: equity_fund.times(LIMIT).minus(inFund).toString(),
    })
  }
  return inUse
}

const counts = (decisions: StoredDecision[]): Record<string, number> => {
  const byOutcome = Map.groupBy(decisions, ({ reason_code, decision }) => reason_code ?? decision)
  return Object.fromEntries([...byOutcome].map(([outcome, those]) => [outcome, those.length]))
}

describe('margin under 200 signals at once', { timeout: 90_000 }, () => {
  it('never passes 40 % of one account at any reservation', async () => {
    const store = await fundOf('one_account', 1)
    const decisions = await decideAll(store)
    const ledger = await ledgerOf(store, 'PAPER')
    const inUse = checkHistory(decisions, ledger?.reservations.map(({ signal_id }) => signal_id) ?? [], {})
    // 50,000 each at 25 % is 12,500: 400,000 is enough for just 32
    expect(counts(decisions)).toEqual({ APPROVED: 32, MARGIN_EXCEEDED: 168 })
    expect(inUse.A0?.toString()).toBe('400000')
  })

  it('never passes 40 % of the fund either, where several accounts share it', async () => {
    const used = { A4: 950_000 }
    const store = await fundOf('four_accounts', 5, used)
    await store.db.collection('strategy_configurations').updateMany({ paper_account: 'A4' }, { $set: { paper_account: 'A0' } })
    const decisions = await decideAll(store)
    const ledger = await ledgerOf(store, 'PAPER')
    checkHistory(decisions, ledger?.reservations.map(({ signal_id }) => signal_id) ?? [], used)
    // 40 % of 5,000,000 less 950,000 in use leaves 1,050,000 for 250,000 × 25 % = 62,500 each: 16, and half of one more
    const approved = decisions.filter(decision => decision.approved)
    expect(ledger?.fund.free.toString()).toBe('0')
    expect(approved.length).toBeGreaterThanOrEqual(17)
    expect(decisions).toHaveLength(SIGNALS)
  })
})

describe('a process that dies between its reservation and its decision', () => {
  const minuteAgo = () => new Date(Date.now() - 61_000)

  /** Decides a signal, and loses the connection before the decision is written. */
  const die = async (store: Store) => {
    const dying = hookedAt(store, { call: 'client.bulkWrite', n: 1, instead: async () => lost() })
    await expect(cerebroOver(dying, minuteAgo)(buySignal(0, 1, minuteAgo()))).rejects.toThrow('connection reset')
  }

  it('finds its reservation again when the signal is delivered once more', async () => {
    const store = await fundOf('died_and_delivered', 1, {}, 2)
    await die(store)
    const between = await ledgerOf(store, 'PAPER')
    expect(between?.reservations).toHaveLength(1)
    await cerebroOver(store, () => new Date())(buySignal(0, 1, minuteAgo()))
    const after = await ledgerOf(store, 'PAPER')
    expect(after?.reservations).toEqual(between?.reservations)
    expect(after?.fund.free).toEqual(between?.fund.free)
    const [decision] = await cerebroDecisions.in(store).find({}).toArray()
    expect(decision).toMatchObject({ decision: 'APPROVED', orders: [{ command: 'PLACE' }] })
    expect(String(decision?.position_size)).toBe('500')
  })

  it('leaves nothing behind where it never comes again', async () => {
    const store = await fundOf('died_for_good', 1, {}, 2)
    const before = await ledgerOf(store, 'PAPER')
    await die(store)
    expect(await freeOrphanReservations(store)).toBe(1)
    const after = await ledgerOf(store, 'PAPER')
    expect(after).toEqual({ ...before, version: after?.version, grants: 1 })
  })
})
