import { describe, expect, it } from 'vitest'
import { marginOf, notional } from '../../../../../shared/domain/instrument.ts'
import { ONE } from '../../../../../shared/domain/money/decimal.ts'
import { deployedCapital } from '../../../../../shared/domain/sizing/deployed.ts'
import { entrySize, type SizeQuestion } from '../../../../../shared/domain/sizing/entry-size.ts'
import { valueInFund } from '../../../../../shared/domain/sizing/value-in-fund.ts'
import { crypto, forex, future, held, money, stateOf, stock, strategy, working } from '../decision/state-of.ts'

const size = (changes: Partial<SizeQuestion>) =>
  entrySize({
    capital: money(10_000),
    notional_per_capital: ONE,
    instrument: stock,
    price: money(100),
    fx: ONE,
    cap: null,
    ...changes,
  }).toString()

describe('the size that capital buys', () => {
  it('is whole lots, rounded toward zero', () => {
    expect(size({})).toBe('100')
    expect(size({ price: money('100.01') })).toBe('99')
    expect(size({ instrument: crypto, price: money(30_001) })).toBe('0.333')
  })

  it('is nothing where capital is none, or less than a lot', () => {
    expect(size({ capital: money(0) })).toBe('0')
    expect(size({ capital: money(-5) })).toBe('0')
    expect(size({ capital: money('99.99') })).toBe('0')
  })

  it('is at most the cap, in whole lots', () => {
    expect(size({ cap: money('12.9') })).toBe('12')
    expect(size({ cap: money('0.9') })).toBe('0')
  })
})

describe('the value of a quantity in the fund’s currency', () => {
  const value = (instrument_id: string, quantity: number, price: number | null = null) =>
    valueInFund(stateOf(), { instrument_id, quantity: money(quantity), price: price === null ? null : money(price) })?.toString() ?? null

  it('is quantity × price × multiplier × rate, long or short', () => {
    // 3 × 5,000 × 50; 10,000 × 0.9 × 0.7
    expect(value('ESH26', 3)).toBe('750000')
    expect(value('ESH26', -3)).toBe('750000')
    expect(value('AUDCAD', 10_000)).toBe('6300')
    expect(value('AAPL', 2, 7)).toBe('14')
  })

  it('is unknown without instrument, price or rate, unless there is none of it', () => {
    expect(value('GONE', 1)).toBeNull()
    expect(valueInFund(stateOf({ rates: new Map() }), { instrument_id: 'AAPL', quantity: ONE, price: null })).toBeNull()
    expect(value('GONE', 0)).toBe('0')
  })
})

describe('deployed capital', () => {
  it('is what positions and working entries are worth, in units of the backtest’s equity', () => {
    // (2 × 5,000 × 50 + 100 × 90) / 4 = 509,000 / 4
    const state = stateOf({
      strategy: strategy({ notional_per_capital: money(4) }),
      positions: [held(future, -2)],
      working: [working(stock, 'BUY', 100, 90)],
    })
    expect(deployedCapital(state)?.toString()).toBe('127250')
  })

  it('is unknown where one of them cannot be valued', () => {
    expect(deployedCapital(stateOf({ positions: [held(forex, 1), held({ ...stock, instrument_id: 'GONE' }, 1)] }))).toBeNull()
  })
})

describe('an instrument', () => {
  it('is worth quantity × price × multiplier', () => {
    expect(notional(future, money(-2), money(5000)).toString()).toBe('500000')
  })

  it('takes margin by lot before margin by percentage, and its whole value without either', () => {
    // 3 lots of 0.001 at 20 a lot
    expect(marginOf({ ...crypto, margin_per_lot: money(20) }, money('0.003'), money(60_000)).toString()).toBe('60')
    expect(marginOf(stock, money(10), money(100)).toString()).toBe('250')
    expect(marginOf({ ...stock, margin_pct: null }, money(10), money(100)).toString()).toBe('1000')
  })
})
