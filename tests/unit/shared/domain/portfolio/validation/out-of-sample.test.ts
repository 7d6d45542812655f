import { beforeAll, describe, expect, test } from 'vitest'
import type { Means, Problem } from '../../../../../../shared/domain/portfolio/problem.ts'
import { combinatorialSplits, testPaths } from '../../../../../../shared/domain/portfolio/validation/combinatorial-splits.ts'
import { crossValidate } from '../../../../../../shared/domain/portfolio/validation/cross-validate.ts'
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
})
