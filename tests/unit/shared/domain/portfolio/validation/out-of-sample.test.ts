import { beforeAll, describe, expect, test } from 'vitest'
import type { Means, Problem } from '../../../../../../shared/domain/portfolio/problem.ts'
import { combinatorialSplits, testPaths } from '../../../../../../shared/domain/portfolio/validation/combinatorial-splits.ts'
import { crossPlan, crossValidate } from '../../../../../../shared/domain/portfolio/validation/cross-validate.ts'
import { heldReturns } from '../../../../../../shared/domain/portfolio/validation/held-returns.ts'
import { walkForward, walkPlan } from '../../../../../../shared/domain/portfolio/validation/walk-forward.ts'
import { loadSolver } from '../../../../../../shared/solver/load-solver.ts'

describe('combinatorial purged splits', () => {
  const plan = { rows: 6, folds: 3, test_folds: 2, purge: 0, embargo: 0 }

  test('test every pair of folds and train on the rest', () => {
    expect(combinatorialSplits(plan).map(({ train }) => train)).toEqual([
      [4, 5],
      [2, 3],
      [0, 1],
    ])
    expect(testPaths(plan)).toEqual([
      [0, 1],
      [0, 2],
      [1, 2],
    ])
  })

  test('keep training away from tested rows on both sides, and further behind them', () => {
    expect(combinatorialSplits({ ...plan, purge: 1 }).map(({ train }) => train)).toEqual([[5], [], [0]])
    expect(combinatorialSplits({ ...plan, embargo: 1 }).map(({ train }) => train)).toEqual([[5], [3], [0, 1]])
  })
})

describe('a constructor out of sample', () => {
  let means: Means
  beforeAll(async () => {
    means = { solver: await loadSolver(), seed: 1 }
  })
  // Better by turns: the first strategy gains for 60 days and loses for the last 20.
  const half = (day: number) => (day < 60 ? 1 : -1)
  const columns = [0.002, -0.002].map(gain =>
    Float64Array.from({ length: 80 }, (_, day) => half(day) * gain + (day % 2 === 0 ? 0.001 : -0.001)),
  )
  const dates = Array.from({ length: 80 }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10))
  const problem: Problem = { constructor_name: 'max_return_cvar', scenarios: { names: ['A', 'B'], dates, columns }, limits: { budget: 1 } }

  test('walks forward with what it learned before, and shows that beside what came', () => {
    const walk = walkForward(problem, { train: 40, test: 20 }, means)
    expect(walk?.trials.map(({ weights }) => weights)).toEqual([
      [1, 0],
      [1, 0],
    ])
    expect(walk?.in_sample.mean_daily).toBeCloseTo(0.002, 12)
    expect(walk?.out_of_sample.mean_daily).toBeCloseTo(0, 12)
    expect(walk?.periods).toEqual([
      { from: dates[40], to: dates[59] },
      { from: dates[60], to: dates[79] },
    ])
  })

  test('walks proportions at the size that an allocation would have', () => {
    const equal: Problem = { ...problem, constructor_name: 'equal_weight', limits: { budget: 0.5 } }
    const walk = walkForward(equal, { train: 40, test: 20, scaled: true }, means)
    expect(walk?.trials.map(({ weights }) => weights)).toEqual([
      [0.25, 0.25],
      [0.25, 0.25],
    ])
  })

  test('plans six steps over the second half, where the first is long enough to learn from', () => {
    expect(walkPlan(1_250)).toEqual({ train: 626, test: 104 })
    expect(walkPlan(100)).toBeNull()
  })

  test('has no walk in a history that is too short', () => {
    expect(walkForward(problem, { train: 80, test: 20 }, means)).toBeNull()
  })

  test('is cross-validated over whole histories out of sample', () => {
    const validation = crossValidate(problem, { folds: 4, test_folds: 2, purge: 1, embargo: 1 }, means)
    expect(validation.trials).toHaveLength(6)
    expect(validation.path_sharpes).toHaveLength(3)
  })

  test('is cross-validated at the size that an allocation would have', () => {
    const equal: Problem = { ...problem, constructor_name: 'equal_weight', limits: { budget: 0.5 } }
    const { trials } = crossValidate(equal, { folds: 4, test_folds: 1, purge: 0, embargo: 0, scaled: true }, means)
    expect(trials.map(({ weights }) => weights)).toEqual(Array(4).fill([0.25, 0.25]))
  })

  test('is tried on 15 splits of six folds, where those are long enough to learn from', () => {
    expect(crossPlan(1_250)).toEqual({ folds: 6, test_folds: 2, purge: 5, embargo: 13 })
    expect(crossPlan(100)).toBeNull()
  })
})

describe('what was held', () => {
  const names = ['A', 'B']
  const dates = ['2026-01-01', '2026-01-02', '2026-01-05', '2026-01-06']
  const columns = [Float64Array.of(0.01, 0.02, 0.03, 0.04), Float64Array.of(0.1, Number.NaN, 0.2, 0.3)]

  test('earns by the weights in force on each day, which change when another allocation comes', () => {
    const held = [
      { from: '2026-01-02', weights: { A: 0.5, B: 0 } },
      { from: '2026-01-06', weights: { A: 0.5, B: 0.1 } },
    ]
    const { dates: days, returns } = heldReturns({ names, dates, columns }, held)
    expect(days).toEqual(['2026-01-02', '2026-01-05', '2026-01-06'])
    expect(returns[0]).toBeCloseTo(0.01, 12)
    expect(returns[1]).toBeCloseTo(0.015, 12)
    expect(returns[2]).toBeCloseTo(0.05, 12)
  })

  test('is not told on days that a strategy has no observation of, or of one without a backtest', () => {
    expect(heldReturns({ names, dates, columns }, [{ from: '2026-01-01', weights: { B: 1 } }]).dates).not.toContain('2026-01-02')
    expect(heldReturns({ names, dates, columns }, [{ from: '2026-01-01', weights: { C: 1 } }]).dates).toEqual([])
  })
})
