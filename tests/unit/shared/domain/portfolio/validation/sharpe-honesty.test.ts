import { describe, expect, test } from 'vitest'
import { bootstrapSharpe } from '../../../../../../shared/domain/portfolio/validation/bootstrap-sharpe.ts'
import { liveOverlay } from '../../../../../../shared/domain/portfolio/validation/live-overlay.ts'
import { deflatedSharpe, probabilisticSharpe } from '../../../../../../shared/domain/portfolio/validation/probabilistic-sharpe.ts'

const returns = [
  0.012, -0.008, 0.003, 0, -0.021, 0.015, 0.007, -0.004, 0.009, -0.013, 0.002, 0.018, -0.006, 0.001, -0.03, 0.022, 0.005, -0.002, 0.011,
  -0.009, 0.004, 0.016, -0.012, 0.008,
]

describe('the probabilistic Sharpe ratio', () => {
  // Expected values by SciPy.
  test('is the chance of a true ratio over a benchmark', () => {
    expect(probabilisticSharpe(returns, 1)).toBeCloseTo(0.5554998519560455, 9)
  })

  test('is deflated by how many trials there were', () => {
    expect(deflatedSharpe(returns, { trials: 10, variance: 0.25 })).toBeCloseTo(0.5800600561929933, 9)
  })

  test('is unknown where nothing varies', () => {
    expect(probabilisticSharpe([0.01, 0.01, 0.01])).toBeNull()
  })
})

describe('the bootstrap interval of a Sharpe ratio', () => {
  test('is the same for the same seed and another for another', () => {
    expect(bootstrapSharpe(returns, { seed: 7 })).toEqual(bootstrapSharpe(returns, { seed: 7 }))
    expect(bootstrapSharpe(returns, { seed: 8 })?.low).not.toBe(bootstrapSharpe(returns, { seed: 7 })?.low)
  })

  test('holds the ratio itself, and widens with confidence', () => {
    const narrow = bootstrapSharpe(returns, { seed: 1, confidence: 0.5 })
    const wide = bootstrapSharpe(returns, { seed: 1, confidence: 0.95 })
    expect(wide?.low).toBeLessThan(narrow?.low ?? 0)
    expect(wide?.high).toBeGreaterThan(narrow?.high ?? 0)
    expect(wide?.low).toBeLessThan(1.4751527931533788)
    expect(wide?.high).toBeGreaterThan(1.4751527931533788)
  })
})

describe('live returns over the backtest', () => {
  const dates = ['2026-01-05', '2026-01-06', '2026-01-07']

  test('are compared on the dates that both have', () => {
    const overlay = liveOverlay({ dates, returns: [0.01, 0.02, -0.01] }, { dates: dates.slice(1), returns: [0.01, 0] }, 1)
    expect(overlay?.dates).toEqual(['2026-01-06', '2026-01-07'])
    expect(overlay?.live).toEqual([1.01, 1.01])
    expect(overlay?.backtest[1]).toBeCloseTo(1.02 * 0.99, 12)
  })

  test('are nothing where they share no date', () => {
    expect(liveOverlay({ dates, returns: [0, 0, 0] }, { dates: ['2025-01-01'], returns: [0.1] }, 1)).toBeNull()
  })
})
