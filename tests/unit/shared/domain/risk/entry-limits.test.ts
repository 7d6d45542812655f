import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { LegIntent, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { expectedAlpha } from '../../../../../shared/domain/risk/expected-alpha.ts'
import { instrumentColumn, strategyColumn } from '../../../../../shared/domain/risk/scenarios.ts'
import {
  account,
  bookOf,
  fortyDays,
  future,
  held,
  legOf,
  limitsOf,
  money,
  now,
  only,
  outcome,
  pool,
  secondsAgo,
  series,
  signalOf,
  stateOf,
  stock,
  strategy,
  weight,
  working,
} from '../decision/state-of.ts'

interface Asked {
  state?: Partial<DecisionState>
  leg?: Partial<LegIntent>
  signal?: Partial<SignalIntent>
  of?: typeof stock
}

const decided = ({ state, leg, signal, of = stock }: Asked = {}) =>
  only(decide({ signal: signalOf([legOf(of, leg)], signal), state: stateOf(state), now }))
const reasonOf = (asked: Asked) => decided(asked).reason
const figuresOf = (step: string, asked: Asked) => decided(asked).calculation.find(each => each.step === step)?.figures
const approved = /^(BUY|SELL) \d+ AAPL/

describe('the age of an account’s state', () => {
  const aged = (seconds: number | null, sync: DecisionState['sync'] = null): Asked => ({
    state: { account: account({ as_of: seconds === null ? null : secondsAgo(seconds) }), sync },
  })

  it('may be the limit, and no more', () => {
    expect(reasonOf(aged(600))).toMatch(approved)
    expect(reasonOf(aged(601))).toBe('STALE_ACCOUNT_STATE: account_id=A1, age_s=601.0, limit_s=600, sync=denied')
    expect(reasonOf(aged(null))).toBe('STALE_ACCOUNT_STATE: account_id=A1, age_s=never read, limit_s=600, sync=denied')
  })

  it('is told with what was done about it', () => {
    expect(figuresOf('account', aged(601, { waited_s: 10 }))).toMatchObject({ sync: 'sync requested, waited, denied', waited_s: '10.0' })
    expect(figuresOf('account', aged(601, { waited_s: null }))).toMatchObject({ sync: 'sync requested, denied' })
    expect(figuresOf('account', aged(1, { waited_s: 0.4 }))).toMatchObject({ sync: 'sync requested, waited, read', waited_s: '0.4' })
  })

  it('does not hold up an exit', () => {
    const state = { account: account({ as_of: null, pool: null }), positions: [held(stock, 10)] }
    expect(decided({ state, leg: { action: 'SELL' } })).toMatchObject({ signal_type: 'EXIT', decision: 'APPROVED' })
  })
})

describe('a broker', () => {
  const status = (broker_status: 'CONNECTED' | 'DISCONNECTED' | 'NEEDS_LOGIN' | null) =>
    reasonOf({ state: { account: account({ broker_status }) } })

  it('that is away takes no entries', () => {
    expect(status('DISCONNECTED')).toBe('BROKER_UNAVAILABLE: broker_id=PAPER, status=DISCONNECTED')
    expect(status('NEEDS_LOGIN')).toBe('BROKER_UNAVAILABLE: broker_id=PAPER, status=NEEDS_LOGIN')
  })

  it('that nobody looked at is taken to be there', () => {
    expect(status(null)).toMatch(approved)
    expect(status('CONNECTED')).toMatch(approved)
  })
})

describe('slippage', () => {
  // AAPL is at 98 / 100 and a trade is expected to earn 1 %: at most 0.3 % may be gone.
  const at = (price: string, action: 'BUY' | 'SELL' = 'BUY', alpha: number | null = 0.01) =>
    reasonOf({ leg: { price: money(price), action, signal_type: 'ENTRY' }, state: { strategy: strategy({ expected_alpha: alpha }) } })

  it('is measured against the ask for a BUY and the bid for a SELL', () => {
    // (100 − 99.8) / 99.8 = 0.2004 %; (98.2 − 98) / 98.2 = 0.2037 %
    expect(at('99.8')).toMatch(approved)
    expect(at('98.2', 'SELL')).toMatch(approved)
    // 0.4016 %, 0.4065 %
    expect(at('99.6')).toMatch(/^SLIPPAGE_EXCEEDED/)
    expect(at('98.4', 'SELL')).toMatch(/^SLIPPAGE_EXCEEDED/)
  })

  it('may be just the limit', () => {
    // 0.25 / 100 of an expected 0.83333… % is 0.3
    const leg = { price: money(80) }
    const quotes = new Map([['AAPL', { bid: money(80), ask: money('80.24'), last: money(80), as_of: now }]])
    expect(reasonOf({ leg, state: { quotes, strategy: strategy({ expected_alpha: 0.01 }) } })).toMatch(approved)
  })

  it('in our favor passes whatever is expected', () => {
    expect(at('100.01', 'BUY', -0.01)).toMatch(approved)
    expect(at('97.99', 'SELL', 0)).toMatch(approved)
  })

  it('of nothing at all does not pass where nothing is to be earned', () => {
    expect(at('100', 'BUY', 0)).toMatch(/^SLIPPAGE_EXCEEDED/)
    expect(at('100', 'BUY', 0.0001)).toMatch(approved)
  })

  it('counts from the quote at the door where the sender gave no price', () => {
    const quote_at_receipt = { bid: money(97), ask: money('99.6') }
    expect(reasonOf({ leg: { quote_at_receipt } })).toMatch(/^SLIPPAGE_EXCEEDED: quote=100, signal_price=99.6/)
    expect(reasonOf({ leg: { quote_at_receipt, price: money(100) } })).toMatch(approved)
    expect(reasonOf({ leg: { quote_at_receipt, action: 'SELL' } })).toMatch(approved)
  })

  it('cannot be told of an old signal without a price, nor of a strategy without a backtest', () => {
    const old = { signal: { sent_at: secondsAgo(61) }, state: { strategy: strategy({ max_signal_age: 900 }) } }
    expect(reasonOf(old)).toBe('SLIPPAGE_UNKNOWN: quote=100, signal_price=none, expected_alpha=0.01, age_s=61.0, limit_s=60')
    expect(reasonOf({ ...old, signal: { sent_at: secondsAgo(60) } })).toMatch(approved)
    expect(at('90', 'BUY', null)).toMatch(approved)
  })

  it('sets how far an order may run', () => {
    expect(decided().orders[0]?.max_slippage).toBeCloseTo(0.003, 12)
  })
})

describe('what a trade is expected to earn', () => {
  it('is the mean of its trades where they are known', () => {
    expect(expectedAlpha({ mean_trade_return: 0.004, mean_return_daily: 0.9 }, 3)).toBe(0.004)
  })

  it('is the mean day times the days it is held, per unit of notional', () => {
    // 0.0006 × 5 / 3
    expect(expectedAlpha({ mean_return_daily: 0.0006, mean_holding_days: 5 }, 3)).toBeCloseTo(0.001, 12)
    expect(expectedAlpha({ mean_return_daily: 0.0006 }, 1)).toBe(0.0006)
  })
})

describe('a strategy’s own limits', () => {
  const limited = (max_position_size: number | null, max_daily_loss: number | null = null, day_pnl: number | null = null) =>
    strategy({
      risk_limits: {
        max_position_size: max_position_size === null ? null : money(max_position_size),
        max_daily_loss: max_daily_loss === null ? null : money(max_daily_loss),
      },
      day_pnl: day_pnl === null ? null : money(day_pnl),
    })

  it('cut to what is left in the instrument', () => {
    // 50,000 less 100 held × 100 less 50 working × 110 = 34,500 / 100
    const state = { strategy: limited(50_000), positions: [held(stock, 100)], working: [working(stock, 'BUY', 50, 110)] }
    expect(outcome(decided({ state }))).toMatchObject({ decision: 'APPROVED', wanted: '845', granted: '345' })
    expect(decided({ state }).cut_by).toBe('RISK_LIMIT')
  })

  it('are in USD', () => {
    // 10,000 USD are 12,500 of a fund in a currency worth 0.8 USD… at 100 × 1.25 a share: 80 shares
    const rates = new Map([...stateOf().rates, ['USD', money('1.25')] as const])
    expect(outcome(decided({ state: { strategy: limited(8_000), rates } }))).toMatchObject({ granted: '80' })
  })

  it('deny where less than a lot is left, before the size is looked at', () => {
    expect(reasonOf({ state: { strategy: limited(99) } })).toBe('RISK_LIMIT: position_usd=0.00, max_position_size_usd=99')
  })

  it('deny once the day’s loss is reached, and where it cannot be told', () => {
    expect(reasonOf({ state: { strategy: limited(null, 500, -499.99) } })).toMatch(approved)
    expect(reasonOf({ state: { strategy: limited(null, 500, -500) } })).toMatch(/^RISK_LIMIT/)
    expect(reasonOf({ state: { strategy: limited(null, 500, null) } })).toBe('RISK_LIMIT: day_pnl_usd=unknown, max_daily_loss_usd=500')
  })
})

describe('strategies that move together', () => {
  const opposite = fortyDays(0.02).map(each => -each)
  const book = (other: number[], weightOfOther: number) =>
    bookOf({
      returns: [series(strategyColumn('S1'), fortyDays(0.02)), series(strategyColumn('S2'), other)],
      holdings: [{ strategy_id: 'S2', instrument_id: 'AAPL', notional: 100 }],
      weights: new Map([['S2', weightOfOther]]),
    })

  it('are held to a joint weight', () => {
    expect(reasonOf({ state: { book: book(fortyDays(0.02), 30) } })).toMatch(approved)
    expect(reasonOf({ state: { book: book(fortyDays(0.02), 30.01) } })).toMatch(
      /^CORRELATION_LIMIT: correlation=1.0000, joint_weight_pct=40.01/,
    )
    expect(reasonOf({ state: { book: book(opposite, 90) } })).toMatch(approved)
  })

  it('do not name one another to senders, only to the fund', () => {
    const asked = { state: { book: book(fortyDays(0.02), 90) } }
    expect(reasonOf(asked)).not.toContain('S2')
    expect(figuresOf('correlation', asked)).toMatchObject({ with_strategy: 'S2' })
  })

  it('count only while they hold something', () => {
    expect(reasonOf({ state: { book: { ...book(fortyDays(0.02), 90), holdings: [] } } })).toMatch(approved)
  })
})

describe('the fund’s CVaR', () => {
  it('cuts to the largest size within its limit and tells before and after', () => {
    // a share is 0.01 % of the fund: 2 % × 0.0001 = 0.000002 a share; 0.0005 / 0.000002 = 250
    const leg = decided({ state: { limits: limitsOf({ cvar_limit: 0.0005 }) } })
    expect(outcome(leg)).toMatchObject({ decision: 'APPROVED', wanted: '1000', granted: '250' })
    expect(leg.cut_by).toBe('CVAR_LIMIT')
    expect(leg.cvar?.before).toBe(0)
    expect(leg.cvar?.after).toBeCloseTo(0.0005, 12)
  })

  it('counts what the fund holds already, other strategies too', () => {
    // S2: 2,000 × 100 / 4 = 50,000, 5 % of the fund, losing 3 % on S1’s bad days: 0.0015; S1 adds 0.1 × 2 % = 0.002
    const book = bookOf({
      returns: [series(strategyColumn('S1'), fortyDays(0.02)), series(strategyColumn('S2'), fortyDays(0.03))],
      holdings: [{ strategy_id: 'S2', instrument_id: 'AAPL', notional: -200_000 }],
      notionalPerCapital: new Map([['S2', 4]]),
    })
    const leg = decided({ state: { book } })
    expect(leg.cvar?.before).toBeCloseTo(0.0015, 12)
    expect(leg.cvar?.after).toBeCloseTo(0.0035, 12)
  })

  it('judges what has no backtest by its instrument, with its sign', () => {
    // 100,000 of a stock that loses 4 % twice; an external short position of 50,000 in it takes half of that back
    const returns = [series(instrumentColumn('AAPL'), fortyDays(0.04))]
    const external = [{ strategy_id: 'EXTERNAL', instrument_id: 'AAPL', notional: -50_000 }]
    expect(decided({ state: { book: bookOf({ returns }) } }).cvar?.after).toBeCloseTo(0.004, 12)
    expect(decided({ state: { book: bookOf({ returns, holdings: external }) } }).cvar?.after).toBeCloseTo(0.002, 12)
  })

  it('is not guessed where nothing tells the risk', () => {
    expect(reasonOf({ state: { book: bookOf({ returns: [] }) } })).toBe('NO_SCENARIOS: own_returns=none, others_without_returns=0')
    const holdings = [{ strategy_id: 'EXTERNAL', instrument_id: 'BTC', notional: 60_000 }]
    const asked = { state: { book: bookOf({ holdings }) } }
    expect(reasonOf(asked)).toBe('NO_SCENARIOS: own_returns=known, others_without_returns=1')
    expect(figuresOf('cvar', asked)).toMatchObject({ without: 'EXTERNAL BTC' })
  })

  it('counts a leg that was approved before in the same signal', () => {
    // 20 % of the fund on two legs of 100,000: 0.1 × 2 % each
    const legs = [legOf(stock, { signal_type: 'ENTRY' }), legOf(future, { signal_type: 'ENTRY' })]
    const state = stateOf({
      allocation: weight(60),
      account: account({ pool: pool({ free: money(10_000_000) }) }),
      fund: { currency: 'USD', pool: pool({ free: money(10_000_000), equity: money(1_000_000) }) },
    })
    const [first, second] = decide({ signal: signalOf(legs), state, now })
    expect(first?.cvar).toMatchObject({ before: 0 })
    expect(second?.cvar?.before).toBeCloseTo(first?.cvar?.after ?? 0, 12)
  })
})
