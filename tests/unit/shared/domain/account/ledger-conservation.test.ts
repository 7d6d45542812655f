import { array, assert, boolean, constantFrom, integer, oneof, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ledgerAfterReading } from '../../../../../shared/domain/account/ledger-after-reading.ts'
import { settle } from '../../../../../shared/domain/account/settle-reservation.ts'
import { type Decimal, ONE, sum } from '../../../../../shared/domain/money/decimal.ts'
import { type LedgerShape, ledgerOf, minute, money, reserved } from './ledger-of.ts'

const rates: Record<string, Decimal> = { A1: ONE, A2: money('1.0837') }
const ids = constantFrom('O1', 'O2', 'O3')
const sizes: Record<string, number> = { O1: 100, O2: 7, O3: 3 }

const event = oneof(
  record({ kind: constantFrom('progress' as const), order_id: ids, percent: integer({ min: 0, max: 110 }), ended: boolean() }),
  record({
    kind: constantFrom('reading' as const),
    account_id: constantFrom('A1', 'A2'),
    equity: integer({ min: 0, max: 10_000_000 }),
    margin_used: integer({ min: 0, max: 5_000_000 }),
  }),
)
type Event = typeof event extends { generate(...args: never[]): { value: infer T } } ? T : never

/** Three orders in two accounts, 100, 7 and 3 units, that hold amounts which do not divide by them. */
const start = (): LedgerShape => {
  const held = [
    reserved('O1', { amount: money('1234.57'), amount_fund: money('1234.57') }),
    reserved('O2', { account_id: 'A2', quantity: money(7), amount: money(1000), amount_fund: money('1083.7'), cash: money(50) }),
    reserved('O3', { quantity: money(3), amount: money('0.01'), amount_fund: money('0.01') }),
  ]
  const first = { ...ledgerOf(...held), accounts: {} }
  return [read('A1', 100_000, 0), read('A2', 50_000, 0)].reduce<LedgerShape>(apply(0), first)
}

const read = (account_id: 'A1' | 'A2', equity: number, margin_used: number): Event => ({ kind: 'reading', account_id, equity, margin_used })

const apply =
  (from: number) =>
  (ledger: LedgerShape, each: Event, index: number): LedgerShape => {
    const at = minute(from + index)
    if (each.kind === 'progress') {
      const quantity = money(sizes[each.order_id] ?? 0)
      const filled = quantity.times(each.percent).div(100).toDecimalPlaces(2)
      return settle(ledger, { order_id: each.order_id, quantity, filled, ended: each.ended, at }) ?? ledger
    }
    const { account_id, equity, margin_used } = each
    const reading = { equity: money(equity).div(100), cash: money(0), margin_used: money(margin_used).div(100), as_of: at }
    const account = { account_id, account_type: 'MARGIN' }
    return ledgerAfterReading(ledger, { account, reading, limit_pct: money(40), rateOf: id => rates[id] ?? null }) ?? ledger
  }

const limitOf = (equity: Decimal) => equity.times('0.4').toString()

describe('margin, after any fills, ends and readings', () => {
  const events = array(event, { maxLength: 30 })

  it('is conserved in each account: free + reserved + used = limit × equity', () =>
    assert(
      property(events, given => {
        const { accounts, reservations } = given.reduce(apply(10), start())
        for (const [id, { free, margin_used, equity }] of Object.entries(accounts)) {
          const held = sum(reservations.filter(({ account_id }) => account_id === id).map(({ amount }) => amount))
          expect(free.plus(held).plus(margin_used).toString()).toBe(limitOf(equity))
        }
      }),
      { numRuns: 500 },
    ))

  it('is conserved in the fund', () =>
    assert(
      property(events, given => {
        const { fund, reservations } = given.reduce(apply(10), start())
        const held = sum(reservations.map(({ amount_fund }) => amount_fund))
        expect(fund.free.plus(held).plus(fund.margin_used).toString()).toBe(limitOf(fund.equity))
      }),
      { numRuns: 500 },
    ))

  it('is held by an order at most once as live, never for less than nothing', () =>
    assert(
      property(events, given => {
        const { reservations } = given.reduce(apply(10), start())
        for (const { amount, amount_fund, cash, quantity } of reservations) {
          expect([amount, amount_fund, cash].every(each => each.gte(0)) && quantity.gt(0)).toBe(true)
        }
        const live = reservations.filter(({ state }) => state === 'live').map(({ order_id }) => order_id)
        expect(new Set(live).size).toBe(live.length)
      }),
    ))

  it('is the same however often each progress is told', () =>
    assert(
      property(events, given => {
        const once = given.reduce(apply(10), start())
        const twice = given.reduce((ledger, each, index) => apply(10)(apply(10)(ledger, each, index), each, index), start())
        expect(twice).toEqual(once)
      }),
    ))
})
