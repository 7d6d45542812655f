import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { entryChecks } from '../../../../../shared/domain/risk/entry-checks.ts'
import { strategyColumn } from '../../../../../shared/domain/risk/scenarios.ts'
import {
  account,
  bookOf,
  forex,
  fortyDays,
  held,
  legOf,
  limitsOf,
  money,
  now,
  only,
  pool,
  quote,
  secondsAgo,
  series,
  signalOf,
  stateOf,
  stock,
  strategy,
  weight,
} from '../decision/state-of.ts'

interface Fault {
  state?: Partial<DecisionState>
  leg?: Partial<LegIntent>
  signal?: Partial<SignalIntent>
}

const reasonOf = (fault: Fault) => {
  const legs = [legOf(stock, fault.leg)]
  return only(decide({ signal: signalOf(legs, fault.signal), state: stateOf(fault.state), now })).reason
}

const switched = (changes: Partial<DecisionState['kill_switch']>) => ({
  state: { kill_switch: { fund: 'ACTIVE', account: 'ACTIVE', strategy: 'ACTIVE', ...changes } as const },
})

const crowded = crowdedBook()

/** One fault for each rule, in the order of the rules. */
const faults: [code: string, fault: Fault, reason: string][] = [
  ['KILL_SWITCH', switched({ account: 'REDUCING' }), 'KILL_SWITCH: fund=ACTIVE, account=REDUCING, strategy=ACTIVE'],
  ['EXPIRED', { signal: { sent_at: secondsAgo(61) } }, 'EXPIRED: age_s=61.0, limit_s=60'],
  ['STRATEGY_INACTIVE', { state: { strategy: strategy({ status: 'INACTIVE' }) } }, 'STRATEGY_INACTIVE: status=INACTIVE'],
  ['NO_ALLOCATION', { state: { allocation: weight(null) } }, 'NO_ALLOCATION: allocation_id=alloc-1, allocation_pct=0'],
  ['ALLOCATION_USED', { state: { positions: [held(stock, 1000)] } }, 'ALLOCATION_USED: allocated_capital=100000.00, deployed=100000.00'],
  [
    'STALE_ACCOUNT_STATE',
    { state: { limits: limitsOf({ max_state_age: -1 }) } },
    'STALE_ACCOUNT_STATE: account_id=A1, age_s=0.0, limit_s=-1, sync=denied',
  ],
  [
    'BROKER_UNAVAILABLE',
    { state: { account: account({ broker_status: 'NEEDS_LOGIN' }) } },
    'BROKER_UNAVAILABLE: broker_id=PAPER, status=NEEDS_LOGIN',
  ],
  [
    'UNSUPPORTED_ORDER_TYPE',
    { leg: { order_type: 'LIMIT' } },
    'UNSUPPORTED_ORDER_TYPE: order_type=LIMIT, time_in_force=DAY, taken=MARKET DAY',
  ],
  ['FX_UNAVAILABLE', { state: { rates: new Map() } }, 'FX_UNAVAILABLE: currency=USD'],
  [
    'SLIPPAGE_EXCEEDED',
    { leg: { price: money('99.6') } },
    // 0.4 / 99.6 = 0.4016 % of an expected 1 %
    'SLIPPAGE_EXCEEDED: quote=100, signal_price=99.6, loss=0.004016, expected_alpha=0.010000, ratio=0.4016, limit=0.3',
  ],
  [
    'RISK_LIMIT',
    { state: { strategy: strategy({ risk_limits: { max_daily_loss: money(500), max_position_size: null }, day_pnl: money(-500) }) } },
    'RISK_LIMIT: day_pnl_usd=-500.00, max_daily_loss_usd=500',
  ],
  [
    'CORRELATION_LIMIT',
    { state: { book: crowded } },
    'CORRELATION_LIMIT: correlation=1.0000, joint_weight_pct=50.00, threshold=0.8, weight_limit_pct=40',
  ],
  ['BELOW_MIN_SIZE', { state: { allocation: weight('0.0099') } }, 'BELOW_MIN_SIZE: available_capital=99.00, lot=1'],
  [
    'MARGIN_EXCEEDED',
    { state: { account: account({ pool: pool({ free: money('24.99') }) }) } },
    // used before: 40 % less 24.99 of 500,000; one share takes 25
    'MARGIN_EXCEEDED: needed_pct=40.00, needed_fund_pct=0.00, limit_pct=40, margin=25.00, free=24.99, free_fund=400000.00',
  ],
  [
    'CVAR_LIMIT',
    { state: { limits: limitsOf({ cvar_limit: 0.0000019 }) } },
    // one share is 0.0001 of the fund, and 2 % of that is lost
    'CVAR_LIMIT: cvar_before=0.000000, cvar_after=0.000002, marginal=0.000002, limit=0.0000019, scenario_days=40',
  ],
]

/** Another strategy with the same returns holds something. */
function crowdedBook() {
  const returns = [series(strategyColumn('S1'), fortyDays(0.02)), series(strategyColumn('S2'), fortyDays(0.02))]
  return bookOf({
    returns,
    holdings: [{ strategy_id: 'S2', instrument_id: 'AAPL', notional: 100 }],
    weights: new Map([['S2', 40]]),
  })
}

/** Two faults at once. The account with the allocation used up holds both. */
const both = (first: Fault, second: Fault): Fault => ({
  state: { ...second.state, ...first.state },
  leg: { ...second.leg, ...first.leg },
  signal: { ...second.signal, ...first.signal },
})

describe('the rules for entries', () => {
  it('are asked in this order', () => {
    expect(entryChecks.map(({ name }) => name)).toEqual([
      'kill switch',
      'signal age',
      'strategy status',
      'allocation',
      'capital left',
      'account',
      'broker',
      'order type',
      'exchange rate',
      'slippage',
      'strategy limits',
      'correlation',
      'price',
      'minimum size',
      'margin',
      'cvar',
    ])
  })

  it.each(faults)('deny with %s and its figures', (_code, fault, reason) => {
    expect(reasonOf(fault)).toBe(reason)
  })

  // Two faults in one field overwrite each other, and what is used up, or lost, cannot be told without a rate.
  const clashes = [
    'ALLOCATION_USED FX_UNAVAILABLE',
    'NO_ALLOCATION BELOW_MIN_SIZE',
    'STRATEGY_INACTIVE RISK_LIMIT',
    'STALE_ACCOUNT_STATE CVAR_LIMIT',
    'BROKER_UNAVAILABLE MARGIN_EXCEEDED',
  ]
  const pairs = faults.flatMap(([first, one], index) =>
    faults
      .slice(index + 1)
      .filter(([later]) => !clashes.includes(`${first} ${later}`))
      .map(([later, other]) => ({ first, later, one, other })),
  )

  it.each(pairs)('give $first rather than $later where both hold', ({ first, one, other }) => {
    expect(reasonOf(both(one, other)).split(':')[0]).toBe(first)
  })
})

describe('the kill switch', () => {
  it.each([{ fund: 'REDUCING' }, { fund: 'HALTED' }, { account: 'HALTED' }, { strategy: 'REDUCING' }, { strategy: 'HALTED' }] as const)(
    'denies an entry with %o',
    changes => {
      expect(reasonOf(switched(changes))).toMatch(/^KILL_SWITCH/)
    },
  )
})

describe('the age of a signal', () => {
  const passes = (fault: Fault) => expect(reasonOf(fault)).toMatch(/^BUY 1000/)

  it('is counted from when it was sent, and from when it was received where nobody said', () => {
    passes({ signal: { sent_at: secondsAgo(60) } })
    passes({ signal: { sent_at: null, received_at: secondsAgo(60) } })
    expect(reasonOf({ signal: { sent_at: null, received_at: secondsAgo(60.1) } })).toBe('EXPIRED: age_s=60.1, limit_s=60')
  })

  it('ends with its own expiry', () => {
    passes({ leg: { expires_at: new Date(now.getTime() + 1) } })
    expect(reasonOf({ leg: { expires_at: now } })).toBe('EXPIRED: expires_at=2026-03-02T15:00:00.000Z, now=2026-03-02T15:00:00.000Z')
  })
})

describe('what an entry is valued by', () => {
  it('is the symbol table', () => {
    expect(reasonOf({ state: { instruments: new Map() } })).toBe('UNKNOWN_INSTRUMENT: instrument_id=AAPL')
  })

  it('is a rate of the instrument’s currency', () => {
    const signal = signalOf([legOf(forex)])
    const state = stateOf({ rates: new Map([['USD', money(1)]]) })
    expect(only(decide({ signal, state, now })).reason).toBe('FX_UNAVAILABLE: currency=CAD')
  })

  it('is a rate of the account’s currency, with weight or without', () => {
    const foreign = account({ currency: 'EUR' })
    expect(reasonOf({ state: { account: foreign } })).toBe('FX_UNAVAILABLE: currency=EUR')
    expect(reasonOf({ state: { account: foreign, trading_mode: 'PAPER', allocation: weight(null) } })).toBe('FX_UNAVAILABLE: currency=EUR')
  })

  it('is a price above zero', () => {
    expect(reasonOf({ state: { quotes: new Map() } })).toBe('PRICE_UNAVAILABLE: instrument_id=AAPL')
    expect(reasonOf({ state: { quotes: new Map([['AAPL', quote(0, 0)]]) } })).toBe('PRICE_UNAVAILABLE: instrument_id=AAPL')
  })

  it('is asked for after the rules that need none', () => {
    const old = { sent_at: secondsAgo(61), received_at: secondsAgo(61) }
    const late = { quotes: new Map(), strategy: strategy({ max_signal_age: 3600 }) }
    expect(reasonOf({ signal: old, state: late })).toMatch(/^SLIPPAGE_UNKNOWN: quote=none/)
    const lost = strategy({ risk_limits: { max_daily_loss: money(5), max_position_size: money(1) }, day_pnl: money(-5) })
    expect(reasonOf({ state: { quotes: new Map(), strategy: lost } })).toMatch(/^RISK_LIMIT/)
    const small = strategy({ risk_limits: { max_daily_loss: null, max_position_size: money(1) } })
    expect(reasonOf({ state: { quotes: new Map(), strategy: small } })).toMatch(/^PRICE_UNAVAILABLE/)
  })

  it('is a price of everything that is held, since capital would count twice without one', () => {
    expect(reasonOf({ state: { positions: [held({ ...stock, instrument_id: 'GONE' }, 5)] } })).toBe(
      'PRICE_UNAVAILABLE: positions=a held instrument has no price or rate',
    )
  })

  it('is the account of the strategy’s mode', () => {
    expect(reasonOf({ state: { account: null } })).toBe('STALE_ACCOUNT_STATE: account_id=none in this mode')
    expect(reasonOf({ state: { fund: { currency: 'USD', pool: null } } })).toMatch(/^STALE_ACCOUNT_STATE: account_id=A1/)
  })
})

describe('other rules', () => {
  it('let a TESTING strategy in', () => {
    expect(reasonOf({ state: { strategy: strategy({ status: 'TESTING' }) } })).toMatch(/^BUY 1000/)
  })

  it('deny a time in force that the broker does not take', () => {
    expect(reasonOf({ leg: { time_in_force: 'GTD' } })).toMatch(/^UNSUPPORTED_ORDER_TYPE: order_type=MARKET, time_in_force=GTD/)
  })
})
