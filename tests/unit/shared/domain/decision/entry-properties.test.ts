import { assert, boolean, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { notional } from '../../../../../shared/domain/instrument.ts'
import { type Decimal, ONE, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import {
  account,
  crypto,
  forex,
  future,
  held,
  legOf,
  money,
  now,
  only,
  pool,
  signalOf,
  stateOf,
  stock,
  strategy,
  weight,
} from './state-of.ts'

/** Amounts in cents, and prices and rates that divide without end. */
const circumstances = record({
  of: constantFrom(stock, future, forex, crypto),
  action: constantFrom<('BUY' | 'SELL')[]>('BUY', 'SELL'),
  price: integer({ min: 1, max: 3_000_000 }),
  account_type: constantFrom('MARGIN', 'FUTURES', 'CASH', 'CRYPTO'),
  free: integer({ min: -100_000, max: 100_000_000 }),
  fund_free: integer({ min: -100_000, max: 200_000_000 }),
  cash: integer({ min: -100_000, max: 100_000_000 }),
  weight: integer({ min: 1, max: 10_000 }),
  npc: constantFrom('1', '3', '10', '0.7'),
  in_eur: boolean(),
  eur: constantFrom('1.1', '1.0837', '0.3', '7'),
  cad: constantFrom('0.7', '0.7321', '0.3'),
  position: integer({ min: 0, max: 300 }),
})
type Circumstances = typeof circumstances extends { generate(...args: never[]): { value: infer T } } ? T : never

const cents = (amount: number) => money(amount).div(100)

const stateIn = (given: Circumstances): DecisionState =>
  stateOf({
    strategy: strategy({ notional_per_capital: money(given.npc) }),
    allocation: weight(given.weight / 100),
    account: account({
      account_type: given.account_type,
      currency: given.in_eur ? 'EUR' : 'USD',
      pool: pool({ free: cents(given.free), cash: cents(given.cash) }),
    }),
    fund: { currency: 'USD', pool: pool({ free: cents(given.fund_free), equity: money(1_000_000) }) },
    quotes: new Map([
      [given.of.instrument_id, { bid: cents(given.price), ask: cents(given.price), last: cents(given.price), as_of: now }],
      [stock.instrument_id, { bid: cents(given.price), ask: cents(given.price), last: cents(given.price), as_of: now }],
    ]),
    rates: new Map([
      ['USD', ONE],
      ['EUR', money(given.eur)],
      ['CAD', money(given.cad)],
    ]),
    positions: given.position === 0 ? [] : [held(stock, given.position)],
  })

const decidedIn = ({ of, action }: Circumstances, state: DecisionState) =>
  only(decide({ signal: signalOf([legOf(of, { action, signal_type: 'ENTRY' })]), state, now }))

const approvals = (given: Circumstances) => {
  const state = stateIn(given)
  const leg = decidedIn(given, state)
  return leg.decision === 'APPROVED' ? { state, leg } : null
}

const pools = ({ account: of, fund }: DecisionState) => ({ account: of?.pool ?? pool(), fund: fund.pool ?? pool() })

/** Sums of 34-digit quotients may be off in their last digits; a money unit in 10^20 is none. */
const atMost = (amount: Decimal, limit: Decimal) => expect(amount.minus(limit).lte('1e-20')).toBe(true)

const many = { numRuns: 1000 }

describe('an approved entry, whatever the circumstances', () => {
  it('never reserves more margin or cash than is free in the account and in the fund', () =>
    assert(
      property(circumstances, given => {
        const found = approvals(given)
        for (const { amount, cash, amount_fund } of found?.leg.reservations ?? []) {
          const { account: own, fund } = pools(stateIn(given))
          expect(amount.lte(own.free), `${amount} of ${own.free}`).toBe(true)
          expect(amount_fund.lte(fund.free), `${amount_fund} of ${fund.free} in the fund`).toBe(true)
          expect(cash.lte(0) || cash.lte(own.cash), `${cash} of ${own.cash} cash`).toBe(true)
        }
      }),
      many,
    ))

  it('never uses more capital than is available', () =>
    assert(
      property(circumstances, given => {
        const found = approvals(given)
        if (found) atMost(found.leg.value.div(given.npc), found.leg.available_capital)
      }),
      many,
    ))

  it('is a whole number of lots, more than none and no more than was wanted', () =>
    assert(
      property(circumstances, given => {
        const found = approvals(given)
        if (!found) return
        expect(found.leg.position_size.mod(given.of.lot).toString()).toBe('0')
        expect(found.leg.position_size.gt(0)).toBe(true)
        expect(found.leg.position_size.lte(found.leg.wanted_quantity)).toBe(true)
      }),
      many,
    ))

  it('would not take one lot more: that is either unaffordable or does not fit', () =>
    assert(
      property(circumstances, given => {
        const found = approvals(given)
        if (found?.leg.cut_by !== 'MARGIN_EXCEEDED') return
        // Cut by margin: a lot more would have needed more than is free (in an account that lends: of its margin).
        if (given.account_type === 'CASH' || given.account_type === 'CRYPTO') return
        const { account: own, fund } = pools(found.state)
        const fraction = found.leg.position_size.plus(given.of.lot).div(found.leg.position_size)
        const [reservation] = found.leg.reservations
        // Amounts that divide without end are kept to 16 places: what would fit by less than that is not told from what just does not.
        const fitsAccount = reservation?.amount.times(fraction).lt(own.free.minus('1e-15'))
        const fitsFund = reservation?.amount_fund.times(fraction).lt(fund.free.minus('1e-15'))
        expect(fitsAccount && fitsFund).toBe(false)
      }),
      many,
    ))

  it('is worth what its quantity costs', () =>
    assert(
      property(circumstances, given => {
        const found = approvals(given)
        if (!found) return
        const fx = found.state.rates.get(given.of.currency) ?? ZERO
        expect(found.leg.value.toString()).toBe(notional(given.of, found.leg.position_size, cents(given.price)).times(fx).toString())
      }),
    ))
})

describe('more of what an entry needs', () => {
  const more = integer({ min: 1, max: 50_000_000 })

  const neverWorse = (richer: (state: DecisionState, extra: number) => DecisionState) =>
    assert(
      property(circumstances, more, (given, extra) => {
        const state = stateIn(given)
        const before = decidedIn(given, state)
        const after = decidedIn(given, richer(state, extra))
        if (before.decision === 'APPROVED') expect(after.decision).toBe('APPROVED')
        expect(after.position_size.gte(before.position_size)).toBe(true)
      }),
      many,
    )

  it('never denies or shrinks it: margin of the account', () =>
    neverWorse((state, extra) => {
      const own = pools(state).account
      return { ...state, account: account({ ...state.account, pool: { ...own, free: own.free.plus(cents(extra)) } }) }
    }))

  it('never denies or shrinks it: margin of the fund', () =>
    neverWorse((state, extra) => {
      const { fund } = pools(state)
      return { ...state, fund: { ...state.fund, pool: { ...fund, free: fund.free.plus(cents(extra)) } } }
    }))

  it('never denies or shrinks it: cash', () =>
    neverWorse((state, extra) => {
      const own = pools(state).account
      return { ...state, account: account({ ...state.account, pool: { ...own, cash: own.cash.plus(cents(extra)) } }) }
    }))

  it('never denies or shrinks it: equity', () =>
    neverWorse((state, extra) => {
      const { fund } = pools(state)
      return { ...state, fund: { ...state.fund, pool: { ...fund, equity: fund.equity.plus(cents(extra)) } } }
    }))
})
