import { assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../../../shared/domain/decision/decide.ts'
import { strategyColumn } from '../../../../../shared/domain/risk/scenarios.ts'
import {
  account,
  bookOf,
  fortyDays,
  future,
  legOf,
  limitsOf,
  money,
  now,
  only,
  pool,
  series,
  signalOf,
  stateOf,
  stock,
  strategy,
  weight,
} from './state-of.ts'

/** A strategy with limits of its own in a fund that holds another one, which may move with it or against it. */
const circumstances = record({
  of: constantFrom(stock, future),
  action: constantFrom<('BUY' | 'SELL')[]>('BUY', 'SELL'),
  weight: integer({ min: 1, max: 200 }),
  equity: integer({ min: 100_000, max: 5_000_000 }),
  cvar_limit: integer({ min: 0, max: 4_000 }),
  max_position_size: integer({ min: 1, max: 2_000_000 }),
  other_notional: integer({ min: 0, max: 2_000_000 }),
  other_worst: integer({ min: -60, max: 60 }),
  own_worst: integer({ min: -10, max: 60 }),
})
type Circumstances = typeof circumstances extends { generate(...args: never[]): { value: infer T } } ? T : never

const limitOf = ({ cvar_limit }: Circumstances) => cvar_limit / 100_000

const decided = (given: Circumstances) => {
  const { of, action, equity } = given
  const returns = [
    series(strategyColumn('S1'), fortyDays(given.own_worst / 1000)),
    series(strategyColumn('S2'), fortyDays(given.other_worst / 1000)),
  ]
  const state = stateOf({
    strategy: strategy({
      notional_per_capital: money(3),
      risk_limits: { max_position_size: money(given.max_position_size), max_daily_loss: null },
    }),
    allocation: weight(given.weight),
    account: account({ pool: pool({ free: money(equity).times('0.2'), equity: money(equity).div(2) }) }),
    fund: { currency: 'USD', pool: pool({ free: money(equity).times('0.4'), equity: money(equity) }) },
    limits: limitsOf({ cvar_limit: limitOf(given), correlation_threshold: 2 }),
    book: bookOf({ returns, holdings: [{ strategy_id: 'S2', instrument_id: 'AAPL', notional: given.other_notional }] }),
  })
  return only(decide({ signal: signalOf([legOf(of, { action, signal_type: 'ENTRY' })]), state, now }))
}

const many = { numRuns: 300 }

describe('an approved entry, whatever its limits', () => {
  it('keeps the CVaR within its limit, or lowers what was over it', () =>
    assert(
      property(circumstances, given => {
        const { decision, cvar } = decided(given)
        if (decision !== 'APPROVED' || !cvar) return
        if (cvar.before <= limitOf(given)) expect(cvar.after).toBeLessThanOrEqual(limitOf(given))
        else expect(cvar.after).toBeLessThan(cvar.before)
      }),
      many,
    ))

  it('is worth no more than the largest position', () =>
    assert(
      property(circumstances, given => {
        const { decision, value } = decided(given)
        if (decision === 'APPROVED') expect(value.lte(given.max_position_size)).toBe(true)
      }),
      many,
    ))
})

describe('a looser limit', () => {
  const neverLess = (looser: (given: Circumstances, by: number) => Circumstances) =>
    assert(
      property(circumstances, integer({ min: 1, max: 1_000_000 }), (given, by) => {
        const [tight, loose] = [decided(given), decided(looser(given, by))]
        if (tight.decision === 'APPROVED') expect(loose.decision).toBe('APPROVED')
        expect(loose.position_size.gte(tight.position_size)).toBe(true)
      }),
      many,
    )

  it('never denies or shrinks an entry: CVaR', () => neverLess((given, by) => ({ ...given, cvar_limit: given.cvar_limit + by })))

  it('never denies or shrinks an entry: position size', () =>
    neverLess((given, by) => ({ ...given, max_position_size: given.max_position_size + by })))
})

describe('more capital', () => {
  it('never turns an approval into a denial', () =>
    assert(
      property(circumstances, integer({ min: 1, max: 1_000_000 }), (given, more) => {
        if (decided(given).decision !== 'APPROVED') return
        expect(decided({ ...given, equity: given.equity + more }).decision).toBe('APPROVED')
      }),
      many,
    ))
})
