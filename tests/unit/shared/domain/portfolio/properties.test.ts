import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ConstructorName, Limits, Means } from '../../../../../shared/domain/portfolio/problem.ts'
import { solve } from '../../../../../shared/domain/portfolio/solve.ts'
import { loadSolver } from '../../../../../shared/solver/load-solver.ts'

let means: Means
beforeAll(async () => {
  means = { solver: await loadSolver(), seed: 1 }
})

const DAYS = 60
const runs = { numRuns: 12 }
const histories = fc.array(
  fc
    .array(fc.integer({ min: -300, max: 330 }), { minLength: DAYS, maxLength: DAYS })
    .map(values => Float64Array.from(values, value => value / 10_000)),
  { minLength: 2, maxLength: 4 },
)
const limits = fc.record({
  cap: fc.constantFrom(0.6, 0.8, 1),
  budget: fc.constantFrom(1, 1.5, 2),
  cvar: fc.constantFrom(0.005, 0.01, 0.02),
})

const ask = (constructor_name: ConstructorName, columns: readonly Float64Array[], given: Limits) => {
  const scenarios = {
    names: columns.map((_, index) => `S${index}`),
    dates: Array.from({ length: DAYS }, (_, day) => `day ${day}`),
    columns,
  }
  return solve({ constructor_name, scenarios, limits: given }, means)
}

/** Over 1 by no more than the engine promises. */
const near = (one: number | null, other: number | null) => Math.abs((one ?? 0) - (other ?? 0)) <= 1e-9 + 1e-6 * Math.abs(other ?? 0)
const sized = ['max_return_cvar', 'max_cagr', 'max_cagr_v2', 'equal_weight', 'hrp', 'risk_parity_cvar'] as const

describe('every portfolio', () => {
  test.each(sized)('%s is inside every limit', name => {
    fc.assert(
      fc.property(histories, limits, (columns, given) => {
        const answer = ask(name, columns, given)
        if (answer.status !== 'optimal') return
        const sum = answer.weights.reduce((total, weight) => total + weight, 0)
        expect(Math.min(...answer.weights)).toBeGreaterThanOrEqual(0)
        expect(Math.max(...answer.weights)).toBeLessThanOrEqual(given.cap + 1e-7)
        expect(sum).toBeLessThanOrEqual(given.budget + 1e-7)
        expect(answer.metrics?.cvar_95).toBeLessThanOrEqual(given.cvar + 1e-7)
      }),
      runs,
    )
  })

  test('scales its objective with returns and limit together', () => {
    fc.assert(
      fc.property(histories, limits, (columns, given) => {
        const doubled = columns.map(column => column.map(value => value * 2))
        const [one, two] = [ask('max_return_cvar', columns, given), ask('max_return_cvar', doubled, { ...given, cvar: given.cvar * 2 })]
        expect(near(two.objective, (one.objective ?? 0) * 2)).toBe(true)
      }),
      runs,
    )
  })

  test('is not better for one more limit', () => {
    fc.assert(
      fc.property(histories, limits, (columns, given) => {
        const free = ask('max_return_cvar', columns, given).objective ?? 0
        expect(ask('max_return_cvar', columns, { ...given, cdar: 0.02 }).objective ?? 0).toBeLessThanOrEqual(free + 1e-9 + 1e-6 * free)
      }),
      runs,
    )
  })

  test('is the same in another order of strategies', () => {
    fc.assert(
      fc.property(histories, limits, (columns, given) => {
        for (const name of ['max_return_cvar', 'max_cagr', 'equal_weight'] as const)
          expect(near(ask(name, columns.toReversed(), given).objective, ask(name, columns, given).objective)).toBe(true)
        const sums = [ask('hrp', columns, {}), ask('hrp', columns.toReversed(), {})].map(({ weights }) =>
          weights.reduce((sum, each) => sum + each, 0),
        )
        expect(near(sums[0] ?? 0, 1) && near(sums[1] ?? 0, 1)).toBe(true)
      }),
      runs,
    )
  })

  test('gives each strategy of a unique answer its weight in any order', () => {
    fc.assert(
      fc.property(histories, columns => {
        const [one, other] = [ask('min_risk', columns, {}), ask('min_risk', columns.toReversed(), {})]
        for (const [index, weight] of one.weights.entries()) expect(weight).toBeCloseTo(other.weights.at(-1 - index) ?? Number.NaN, 3)
      }),
      runs,
    )
  })

  test('is not worse for a copy of a strategy', () => {
    fc.assert(
      fc.property(histories, limits, (columns, given) => {
        const alone = ask('max_return_cvar', columns, given).objective ?? 0
        const copied = ask('max_return_cvar', [...columns, ...columns.slice(0, 1)], given).objective ?? 0
        expect(copied).toBeGreaterThanOrEqual(alone - 1e-9 - 1e-6 * Math.abs(alone))
        const risk = ask('min_cvar', columns, {}).objective ?? 0
        expect(ask('min_cvar', [...columns, ...columns.slice(0, 1)], {}).objective ?? 0).toBeLessThanOrEqual(risk + 1e-9 + 1e-6 * risk)
      }),
      runs,
    )
  })
})
