import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { LegIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import {
  account,
  crypto,
  future,
  held,
  legOf,
  money,
  now,
  only,
  orders,
  outcome,
  pool,
  quote,
  signalOf,
  stateOf,
  stock,
  working,
} from './state-of.ts'

const decided = (legs: LegIntent[], state: Partial<DecisionState> = {}) => decide({ signal: signalOf(legs), state: stateOf(state), now })

describe('what a leg is where the sender did not say', () => {
  const typeOf = (action: 'BUY' | 'SELL', state: Partial<DecisionState>) => only(decided([legOf(stock, { action })], state)).signal_type

  it('is an entry where the strategy is flat', () => {
    expect(typeOf('BUY', {})).toBe('ENTRY')
    expect(typeOf('SELL', { positions: [held(crypto, 1)] })).toBe('ENTRY')
  })

  it('is an exit against the position', () => {
    expect(typeOf('SELL', { positions: [held(stock, 10)] })).toBe('EXIT')
    expect(typeOf('BUY', { positions: [held(stock, -10)] })).toBe('EXIT')
  })

  it('is an entry along with the position', () => {
    expect(typeOf('BUY', { positions: [held(stock, 10)] })).toBe('ENTRY')
    expect(typeOf('SELL', { positions: [held(stock, -10)] })).toBe('ENTRY')
  })

  it('is an exit against what is still working', () => {
    expect(typeOf('SELL', { working: [working(stock, 'BUY', 10, 100)] })).toBe('EXIT')
    expect(typeOf('BUY', { working: [working(stock, 'SELL', 10, 100)] })).toBe('EXIT')
    expect(typeOf('BUY', { working: [working(stock, 'BUY', 10, 100)] })).toBe('ENTRY')
  })

  it('is what the sender says where they do', () => {
    const long = { positions: [held(stock, 10)] }
    expect(only(decided([legOf(stock, { action: 'SELL', signal_type: 'ENTRY' })], long)).signal_type).toBe('ENTRY')
    expect(only(decided([legOf(stock, { signal_type: 'EXIT' })], {})).signal_type).toBe('EXIT')
  })
})

describe('several legs', () => {
  it('share the strategy’s capital', () => {
    // 50,000 each: 500 shares at 100; 0.833 coins at 60,000
    const [first, second] = decided([legOf(stock), legOf(crypto)]).map(outcome)
    expect(first).toMatchObject({ decision: 'APPROVED', granted: '500', value: '50000' })
    expect(second).toMatchObject({ decision: 'APPROVED', granted: '0.833', value: '49980' })
  })

  it('number their orders', () => {
    expect(decided([legOf(stock), legOf(crypto)]).flatMap(orders)).toEqual([
      'PLACE S1_20260302_150000_001_ORD BUY 500 entry',
      'PLACE S1_20260302_150000_001_ORD2 BUY 0.833 entry',
    ])
  })

  it('are all denied where one is, with its reason, and take nothing', () => {
    // 50,000 × 1 / 250,000 = 0 contracts
    const legs = decided([legOf(stock), legOf(future)])
    for (const leg of legs) {
      expect(outcome(leg)).toMatchObject({ decision: 'DENIED', reason_code: 'BELOW_MIN_SIZE', granted: '0', value: '0', margin: '0' })
      expect(leg).toMatchObject({ orders: [], reservations: [] })
    }
    expect(only(legs).reason).toBe(
      'BELOW_MIN_SIZE: legs enter together or not at all; leg 2: BELOW_MIN_SIZE: available_capital=50000.00, lot=1',
    )
  })

  it('are all denied where margin would cut one of them', () => {
    // each needs 12,500; 20,000 are free, so the second would be cut to 300 of 500
    const legs = decided([legOf(stock), legOf(stock)], { account: account({ pool: pool({ free: money(20_000) }) }) })
    expect(legs.map(({ decision, reason_code }) => `${decision} ${reason_code}`)).toEqual([
      'DENIED MARGIN_EXCEEDED',
      'DENIED MARGIN_EXCEEDED',
    ])
  })

  it('share the free margin of the account', () => {
    // 25,000 are free for two legs of 12,500
    const enough = decided([legOf(stock), legOf(stock)], { account: account({ pool: pool({ free: money(25_000) }) }) })
    expect(enough.map(({ decision }) => decision)).toEqual(['APPROVED', 'APPROVED'])
    const short = decided([legOf(stock), legOf(stock)], { account: account({ pool: pool({ free: money(24_999) }) }) })
    expect(short.map(({ decision }) => decision)).toEqual(['DENIED', 'DENIED'])
  })

  it('share the free margin of the fund', () => {
    const fund = (free: number) => ({ fund: { currency: 'USD', pool: pool({ free: money(free), equity: money(1_000_000) }) } })
    expect(decided([legOf(stock), legOf(stock)], fund(25_000)).map(({ decision }) => decision)).toEqual(['APPROVED', 'APPROVED'])
    expect(decided([legOf(stock), legOf(stock)], fund(24_999)).map(({ decision }) => decision)).toEqual(['DENIED', 'DENIED'])
  })

  it('share the cash of an account that pays in full', () => {
    // two legs of 50,000 with 100,000 of cash borrow nothing; with 99,900 the second lacks 100 that may not be borrowed
    const cash = (amount: number) => ({ account: account({ account_type: 'CASH', pool: pool({ free: money(0), cash: money(amount) }) }) })
    expect(decided([legOf(stock), legOf(stock)], cash(100_000)).map(({ decision }) => decision)).toEqual(['APPROVED', 'APPROVED'])
    expect(decided([legOf(stock), legOf(stock)], cash(99_900)).map(({ decision }) => decision)).toEqual(['DENIED', 'DENIED'])
  })

  it('let exits go though entries are denied', () => {
    const legs = decided([legOf(stock, { action: 'SELL' }), legOf(crypto), legOf(future)], { positions: [held(stock, 10)] })
    expect(legs.map(({ signal_type, decision }) => `${signal_type} ${decision}`)).toEqual(['EXIT APPROVED', 'ENTRY DENIED', 'ENTRY DENIED'])
  })

  it('give all capital to the only entry beside an exit', () => {
    // 10 shares at 100 are 1,000 of 100,000; 99,000 / 60,000 = 1.65
    const legs = decided([legOf(stock, { action: 'SELL' }), legOf(crypto)], { positions: [held(stock, 10)] })
    expect(outcome(only(legs, 1))).toMatchObject({ decision: 'APPROVED', granted: '1.65' })
  })

  it('take their reservations again though prices have moved', () => {
    const reserved = new Map([
      ['S1_20260302_150000_001_ORD', money(500)],
      ['S1_20260302_150000_001_ORD2', money('0.833')],
    ])
    const quotes = new Map([
      ['AAPL', quote(79, 80)],
      ['BTC', quote(49_000, 50_000)],
    ])
    const legs = decided([legOf(stock), legOf(crypto)], { reserved, quotes, account: account({ pool: pool({ free: money(0) }) }) })
    expect(legs.map(outcome)).toMatchObject([
      { decision: 'APPROVED', granted: '500' },
      { decision: 'APPROVED', granted: '0.833' },
    ])
  })
})

describe('deciding', () => {
  it('is the same again for the same input', () => {
    const legs = [legOf(stock), legOf(crypto)]
    expect(decided(legs)).toEqual(decided(legs))
  })
})
