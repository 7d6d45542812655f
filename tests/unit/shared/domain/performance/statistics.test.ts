import { array, assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  annualVolatility,
  cagr,
  type DayValue,
  dailyReturns,
  distribution,
  drawdowns,
  monthlyReturns,
  returnSince,
  sharpeRatio,
} from '../../../../../shared/domain/performance/statistics.ts'

/** Days from 2 March 2026 on. */
const days = (...values: number[]): DayValue[] =>
  values.map((value, index) => ({ day: `2026-03-${String(index + 2).padStart(2, '0')}`, value }))

const fractions = (of: { fraction: number }[]) => of.map(({ fraction }) => fraction)

describe('returns of days', () => {
  it('are each against the day before', () => {
    const [first, second] = dailyReturns(days(100, 110, 99))
    expect(first).toEqual({ day: '2026-03-03', fraction: expect.closeTo(0.1, 12) })
    expect(second).toEqual({ day: '2026-03-04', fraction: expect.closeTo(-0.1, 12) })
  })

  it('are none for fewer than two days', () => {
    expect(dailyReturns([])).toEqual([])
    expect(dailyReturns(days(100))).toEqual([])
  })
})

describe('the return since a day', () => {
  const values = [
    { day: '2025-12-31', value: 100 },
    { day: '2026-02-27', value: 80 },
    { day: '2026-03-02', value: 120 },
    { day: '2026-03-03', value: 126 },
  ]

  it('is against the last day before it', () => {
    // today 126 / 120; this month 126 / 80; this year 126 / 100
    expect(returnSince(values, '2026-03-03')).toBeCloseTo(0.05, 12)
    expect(returnSince(values, '2026-03')).toBeCloseTo(0.575, 12)
    expect(returnSince(values, '2026')).toBeCloseTo(0.26, 12)
  })

  it('is against the first day there is, where none is before it', () => {
    expect(returnSince(values, '2020')).toBeCloseTo(0.26, 12)
  })

  it('is unknown with nothing to compare with', () => {
    expect(returnSince([], '2026')).toBeNull()
    expect(returnSince(days(100), '2026')).toBeNull()
    // nothing happened since
    expect(returnSince(values, '2026-04')).toBeNull()
  })
})

describe('volatility', () => {
  it('is the sample deviation (ddof 1) over 252 days', () => {
    // mean 0.01; squares 0.0004 + 0 + 0.0004 = 0.0008; / 2 = 0.0004; × 252 = 0.1008; √ = 0.31749…
    expect(annualVolatility([0.03, 0.01, -0.01])).toBeCloseTo(0.3174901573277509, 12)
    // two returns: mean 0; 0.02 / 1 × 252 = 5.04; √ = 2.24499…
    expect(annualVolatility([0.1, -0.1])).toBeCloseTo(2.244994432064365, 12)
  })

  it('is unknown for fewer than two returns', () => {
    expect(annualVolatility([])).toBeNull()
    expect(annualVolatility([0.1])).toBeNull()
  })
})

describe('the Sharpe ratio', () => {
  it('is the annual mean over the annual volatility', () => {
    // 0.01 × 252 = 2.52; / 0.31749… = 7.93725…
    expect(sharpeRatio([0.03, 0.01, -0.01])).toBeCloseTo(7.937253933193772, 10)
    expect(sharpeRatio([0.1, -0.1])).toBeCloseTo(0, 12)
  })

  it('is unknown where nothing varies', () => {
    expect(sharpeRatio([0.1])).toBeNull()
    expect(sharpeRatio([0, 0, 0])).toBeNull()
    expect(sharpeRatio([0.1, 0.1, 0.1])).toBeNull()
    expect(sharpeRatio([0.07, 0.07, 0.07, 0.07, 0.07, 0.07, 0.07])).toBeNull()
  })
})

describe('growth a year', () => {
  it('raises what a day brought to 252 days', () => {
    // 252 days after the first: 121 / 100
    const year = [...Array<number>(252).fill(100), 121].map((value, index) => ({ day: String(index), value }))
    expect(cagr(year)).toBeCloseTo(0.21, 12)
    // 126 days after the first: 1.1² − 1
    const half = [...Array<number>(126).fill(100), 110].map((value, index) => ({ day: String(index), value }))
    expect(cagr(half)).toBeCloseTo(0.21, 12)
  })

  it('is unknown for fewer than two days, and where nothing was there to grow', () => {
    expect(cagr([])).toBeNull()
    expect(cagr(days(100))).toBeNull()
    expect(cagr(days(0, 100))).toBeNull()
  })
})

describe('drawdowns', () => {
  it('are distances from the highest value so far, never above zero', () => {
    // 110 → 99 = −10 %; 110 → 55 = −50 %; a new height is none
    expect(fractions(drawdowns(days(100, 110, 99, 55, 120)))).toEqual([0, 0, expect.closeTo(-0.1, 12), expect.closeTo(-0.5, 12), 0])
  })

  it('are none without days', () => {
    expect(drawdowns([])).toEqual([])
  })
})

describe('returns of months', () => {
  it('are each against the end of the month before, the first against its own first day', () => {
    const values = [
      { day: '2026-01-05', value: 100 },
      { day: '2026-01-30', value: 110 },
      { day: '2026-02-02', value: 50 },
      { day: '2026-02-27', value: 99 },
      { day: '2026-03-02', value: 198 },
    ]
    expect(monthlyReturns(values)).toEqual([
      { month: '2026-01', fraction: expect.closeTo(0.1, 12) },
      { month: '2026-02', fraction: expect.closeTo(-0.1, 12) },
      { month: '2026-03', fraction: expect.closeTo(1, 12) },
    ])
  })

  it('leave out a first month of one day', () => {
    expect(monthlyReturns(days(100))).toEqual([])
  })
})

describe('the distribution of returns', () => {
  it('counts returns by the lower edge of their bin, in percent, lowest first', () => {
    // −0.6 % and −1 % fall in [−1, −0.5); 0.2 % in [0, 0.5); 0.5 % in [0.5, 1)
    expect(distribution([0.002, -0.006, -0.01, 0.005, 0], 0.5)).toEqual([
      [-1, 2],
      [0, 2],
      [0.5, 1],
    ])
  })

  it('counts a return at an edge above it, though the fraction is not exact', () => {
    // 0.29 × 100 is 28.999999999999996
    expect(distribution([0.29, 0.07, 0.57], 1)).toEqual([
      [7, 1],
      [29, 1],
      [57, 1],
    ])
  })

  it('counts every return once', () =>
    assert(
      property(array(double({ min: -1, max: 1, noNaN: true })), integer({ min: 1, max: 20 }), (returns, halves) => {
        const counts = distribution(returns, halves / 2)
        expect(counts.reduce((total, [, count]) => total + count, 0)).toBe(returns.length)
        expect(new Set(counts.map(([edge]) => edge)).size).toBe(counts.length)
      }),
    ))
})
