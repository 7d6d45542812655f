import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import type { Instrument } from '../../../../../shared/domain/instrument.ts'
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
  orders,
  outcome,
  pool,
  signalOf,
  stateOf,
  stock,
  strategy,
  weight,
  working,
} from './state-of.ts'

interface Asked {
  state?: Partial<DecisionState>
  leg?: Partial<LegIntent>
  signal?: Partial<SignalIntent>
}

const decided = (of: Instrument, { state, leg, signal }: Asked = {}) =>
  only(decide({ signal: signalOf([legOf(of, leg)], signal), state: stateOf(state), now }))

const size = (of: Instrument, asked: Asked = {}) => outcome(decided(of, asked))

describe('the size of an entry', () => {
  it('is the allocated capital over the ask for a BUY', () => {
    // 10 % of 1,000,000 = 100,000; 100,000 / 100 = 1,000 shares; margin 25 %
    expect(size(stock)).toEqual({
      decision: 'APPROVED',
      reason_code: null,
      wanted: '1000',
      granted: '1000',
      value: '100000',
      margin: '25000',
    })
  })

  it('is the allocated capital over the bid for a SELL', () => {
    // 100,000 / 98 = 1,020.4 → 1,020 shares = 99,960; margin 25 % = 24,990
    expect(size(stock, { leg: { action: 'SELL' } })).toMatchObject({ granted: '1020', value: '99960', margin: '24990' })
  })

  it('counts a future’s multiplier and the notional that one unit of its backtest carried', () => {
    // 100,000 × 10 / (5,000 × 50) = 4 contracts of 250,000; margin 4 × 15,000
    expect(size(future, { state: { strategy: strategy({ notional_per_capital: money(10) }) } })).toMatchObject({
      granted: '4',
      value: '1000000',
      margin: '60000',
    })
  })

  it('turns an instrument’s currency into the fund’s and rounds down to whole lots', () => {
    // 100,000 / (0.9 CAD × 0.7) = 158,730.2 → 158,000; 158,000 × 0.9 × 0.7 = 99,540; margin 2 % = 1,990.8
    expect(size(forex)).toMatchObject({ wanted: '158000', granted: '158000', value: '99540', margin: '1990.8' })
  })

  it('rounds down to a fractional lot', () => {
    // 100,000 / 60,000 = 1.6666… → 1.666 coins = 99,960
    expect(size(crypto)).toMatchObject({ granted: '1.666', value: '99960', margin: '99960' })
  })

  it('uses the signal’s price where there is no quote', () => {
    // 100,000 / 125 = 800
    expect(size(stock, { state: { quotes: new Map() }, leg: { price: money(125) } })).toMatchObject({ granted: '800' })
  })

  it('ignores a requested quantity by default', () => {
    expect(size(stock, { leg: { requested_quantity: money(7) } })).toMatchObject({ granted: '1000' })
  })

  it('takes a requested quantity as an upper bound where the strategy says so', () => {
    const state = { strategy: strategy({ sizing: 'requested_cap' }) }
    expect(size(stock, { state, leg: { requested_quantity: money(7) } })).toMatchObject({ wanted: '7', granted: '7' })
    expect(size(stock, { state, leg: { requested_quantity: money(5000) } })).toMatchObject({ wanted: '1000', granted: '1000' })
    expect(size(stock, { state })).toMatchObject({ granted: '1000' })
    // 2.9 shares asked for are 2 whole ones
    expect(size(stock, { state, leg: { requested_quantity: money('2.9') } })).toMatchObject({ granted: '2' })
  })
})

describe('capital that is already deployed', () => {
  it('is taken off for a position, at the last price', () => {
    // 400 × 100 = 40,000 are used; 60,000 / 100 = 600
    expect(size(stock, { state: { positions: [held(stock, 400)] } })).toMatchObject({ granted: '600' })
  })

  it('counts a short position like a long one', () => {
    expect(size(stock, { leg: { action: 'SELL' }, state: { positions: [held(stock, -400)] } })).toMatchObject({
      // 60,000 / 98 = 612.2
      granted: '612',
    })
  })

  it('is taken off for working entries, at the price they were sized at', () => {
    // 300 × 110 = 33,000; 67,000 / 100 = 670
    expect(size(stock, { state: { working: [working(stock, 'BUY', 300, 110)] } })).toMatchObject({ granted: '670' })
  })

  it('is counted in units of the backtest’s equity, in the fund’s currency', () => {
    // futures: 2 × 5,000 × 50 / 10 = 50,000; CAD: 50,000 × 0.9 × 0.7 / 10 = 3,150; left 46,850 × 10 / 250,000 = 1.874 → 1
    const state = {
      strategy: strategy({ notional_per_capital: money(10) }),
      positions: [held(future, 2), held(forex, 50_000)],
    }
    expect(size(future, { state })).toMatchObject({ granted: '1' })
    expect(decided(future, { state }).available_capital.toString()).toBe('46850')
  })
})

describe('the percentage of an entry', () => {
  it('is the test percentage of the paper account for PAPER without weight', () => {
    // 5 % of 500,000 = 25,000 → 250 shares
    const leg = decided(stock, { state: { trading_mode: 'PAPER', allocation: weight(null) } })
    expect(outcome(leg)).toMatchObject({ granted: '250' })
    expect(leg.allocation_pct.toString()).toBe('5')
  })

  it('is the test percentage of the account’s equity in the fund’s currency', () => {
    // 5 % of 500,000 CAD × 0.7 = 17,500 → 175 shares
    const state = { trading_mode: 'PAPER' as const, allocation: weight(0), account: account({ currency: 'CAD' }) }
    expect(size(stock, { state })).toMatchObject({ granted: '175' })
  })

  it('is its weight of the fund’s equity for PAPER with one', () => {
    expect(size(stock, { state: { trading_mode: 'PAPER' } })).toMatchObject({ granted: '1000' })
  })

  it('is missing for LIVE without weight', () => {
    expect(size(stock, { state: { allocation: weight(null) } })).toMatchObject({ decision: 'DENIED', reason_code: 'NO_ALLOCATION' })
    expect(size(stock, { state: { allocation: weight(0) } })).toMatchObject({ decision: 'DENIED', reason_code: 'NO_ALLOCATION' })
  })
})

describe('an approved entry', () => {
  it('places one order and plans its reservation', () => {
    const leg = decided(stock)
    expect(orders(leg)).toEqual(['PLACE S1_20260302_150000_001_ORD BUY 1000 entry'])
    expect(leg.reservations).toEqual([
      {
        order_id: 'S1_20260302_150000_001_ORD',
        instrument_id: 'AAPL',
        action: 'BUY',
        quantity: money(1000),
        price: money(100),
        unit_value: money(1),
        amount: money(25_000),
        cash: money(0),
        amount_fund: money(25_000),
      },
    ])
    expect(leg.reason).toBe('BUY 1000 AAPL: 100000.00 of 100000.00 available')
  })

  it('plans its reservation in the account’s currency and in the fund’s', () => {
    // 25,000 USD / 0.8 = 31,250 EUR
    const rates = new Map([...stateOf().rates, ['EUR', money('0.8')] as const])
    const leg = decided(stock, { state: { rates, account: account({ currency: 'EUR' }) } })
    expect(leg.reservations.map(({ amount, amount_fund }) => `${amount} ${amount_fund}`)).toEqual(['31250 25000'])
  })

  it('is cut to the free margin and says what it wanted', () => {
    // 10,000 / (100 × 25 %) = 400
    const leg = decided(stock, { state: { account: account({ pool: pool({ free: money(10_000) }) }) } })
    expect(outcome(leg)).toMatchObject({ decision: 'APPROVED', wanted: '1000', granted: '400', margin: '10000' })
    expect(leg.reason).toBe('BUY 400 AAPL: 40000.00 of 100000.00 available, cut from 1000 by MARGIN_EXCEEDED')
  })

  it('tells every step with its figures', () => {
    const { calculation } = decided(stock)
    expect(calculation.map(({ step, result }) => `${step}: ${result}`)).toEqual([
      'size: computed',
      'kill switch: passed',
      'signal age: passed',
      'strategy status: passed',
      'allocation: passed',
      'capital left: passed',
      'account: passed',
      'broker: passed',
      'order type: passed',
      'exchange rate: passed',
      'slippage: passed',
      'strategy limits: passed',
      'correlation: passed',
      'price: passed',
      'minimum size: passed',
      'margin: passed',
      'cvar: passed',
    ])
    expect(calculation[0]?.figures).toEqual({
      allocation_pct: '10',
      allocated_capital: '100000.00',
      deployed: '0.00',
      available_capital: '100000.00',
      price: '100',
      wanted_quantity: '1000',
    })
  })
})

describe('an entry that comes again with its reservation', () => {
  const reserved = new Map([['S1_20260302_150000_001_ORD', money(300)]])
  const exhausted = { account: account({ pool: pool({ free: money(0) }) }), reserved }

  it('takes what it reserved, though nothing else is free', () => {
    const leg = decided(stock, { state: exhausted })
    expect(outcome(leg)).toMatchObject({ decision: 'APPROVED', granted: '300', margin: '7500' })
    expect(orders(leg)).toEqual(['PLACE S1_20260302_150000_001_ORD BUY 300 entry'])
  })

  it('is denied while trading is halted meanwhile', () => {
    const halted = { ...exhausted, kill_switch: { fund: 'HALTED', account: 'ACTIVE', strategy: 'ACTIVE' } as const }
    expect(size(stock, { state: halted })).toMatchObject({ decision: 'DENIED', reason_code: 'KILL_SWITCH' })
  })

  it('is denied once it is too old', () => {
    const sent_at = new Date(now.getTime() - 61_000)
    expect(size(stock, { state: exhausted, signal: { sent_at } })).toMatchObject({ decision: 'DENIED', reason_code: 'EXPIRED' })
  })
})
