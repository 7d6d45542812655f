import { beforeAll, describe, expect, test } from 'vitest'
import type { Limits, Means, Problem } from '../../../../../shared/domain/portfolio/problem.ts'
import type { Scenarios } from '../../../../../shared/domain/portfolio/scenarios.ts'
import { measure, solve } from '../../../../../shared/domain/portfolio/solve.ts'
import { loadSolver } from '../../../../../shared/solver/load-solver.ts'

let means: Means
beforeAll(async () => {
  means = { solver: await loadSolver(), seed: 1 }
})

const DAYS = 100
const scenariosOf = (...columns: Float64Array[]): Scenarios => ({
  names: columns.map((_, index) => `S${index + 1}`),
  dates: Array.from({ length: DAYS }, (_, day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)),
  columns,
})
/** Gains and loses by turns around a mean; every `pace` days it loses. */
const turns = (mean: number, swing: number, pace = 2) =>
  Float64Array.from({ length: DAYS }, (_, day) => mean + (day % pace === 0 ? -swing : swing / (pace - 1)))
const ask = (constructor_name: Problem['constructor_name'], scenarios: Scenarios, limits: Limits = {}) =>
  solve({ constructor_name, scenarios, limits }, means)

describe('an answer that is no portfolio', () => {
  const pair = scenariosOf(turns(0.001, 0.01), turns(0.0005, 0.006, 3))

  test('names what cannot be met and the nearest that can', () => {
    const { status, obstacles, metrics } = ask('max_return_cvar', scenariosOf(turns(0.001, 0.01)), { sum: 1, cvar: 0.0045 })
    expect([status, metrics]).toEqual(['infeasible', null])
    // The strategy's CVaR is 0.01 − 0.001; half of it fits, or the limit must be that.
    expect(obstacles.map(({ constraint }) => constraint).sort()).toEqual(['cvar_limit', 'sum'])
    expect(obstacles.find(({ constraint }) => constraint === 'cvar_limit')?.nearest).toBeCloseTo(0.009, 9)
    expect(obstacles.find(({ constraint }) => constraint === 'sum')?.nearest).toBeCloseTo(0.5, 9)
  })

  test('names caps that leave no room for the sum', () => {
    const { status, obstacles } = ask('min_cvar', pair, { cap: 0.3 })
    expect(status).toBe('infeasible')
    expect(obstacles.find(({ constraint }) => constraint === 'cap')?.nearest).toBeCloseTo(0.5, 9)
    expect(obstacles.find(({ constraint }) => constraint === 'sum')?.nearest).toBeCloseTo(0.6, 9)
  })

  test('is unbounded where nothing limits the size', () => {
    expect(ask('max_return_cvar', pair).status).toBe('unbounded')
  })

  test('is unbounded for growth of what hedges itself, where nothing limits the size', () => {
    const swing = turns(0.001, 0.01)
    const against = swing.map(value => 0.001 - value)
    for (const name of ['max_cagr_v2', 'max_cagr_sharpe', 'max_hybrid'] as const)
      expect(ask(name, scenariosOf(swing, against)).status).toBe('unbounded')
  })

  test('has no positive mean where everything loses', () => {
    expect(ask('max_sharpe', scenariosOf(turns(-0.001, 0.01), turns(-0.002, 0.006, 3))).status).toBe('no_positive_mean')
  })
})

describe('an answer', () => {
  test('is cash where everything loses and the sum is free', () => {
    const { status, weights } = ask('max_return_cvar', scenariosOf(turns(-0.001, 0.01), turns(-0.002, 0.006, 3)), { budget: 1 })
    expect([status, weights]).toEqual(['optimal', [0, 0]])
  })

  test('leaves out of Sharpe what never varies, and says so', () => {
    const { weights, warnings, correlation } = ask('max_sharpe', scenariosOf(new Float64Array(DAYS).fill(0.001), turns(0.001, 0.01)))
    expect(weights).toEqual([0, 1])
    expect(warnings.join(' ')).toContain('S1 never varies')
    expect(correlation).toEqual([
      [null, null],
      [null, 1],
    ])
  })

  test('shares one cap among what is alike, where that is asked for', () => {
    const alike = turns(0.001, 0.01)
    const scenarios = scenariosOf(alike, alike.slice(), turns(0.0002, 0.004, 3))
    const own = ask('max_return_cvar', scenarios, { cap: 0.5, budget: 1 })
    const shared = ask('max_return_cvar', scenarios, { cap: 0.5, budget: 1, share_cap_above: 0.95 })
    expect((own.weights[0] ?? 0) + (own.weights[1] ?? 0)).toBeCloseTo(1, 9)
    expect((shared.weights[0] ?? 0) + (shared.weights[1] ?? 0)).toBeCloseTo(0.5, 9)
    expect(shared.binding).toContain('shared_cap:S1+S2')
  })

  test('is solved on common dates, while each pair is correlated over its own', () => {
    const late = turns(0.0005, 0.006, 3)
    late.fill(Number.NaN, 0, 50)
    const early = turns(0.001, 0.008, 5)
    early[0] = 0.05
    const { metrics, warnings, correlation, correlation_pairwise } = ask('equal_weight', scenariosOf(turns(0.001, 0.01), early, late))
    expect(metrics?.days).toBe(50)
    expect(warnings.join(' ')).toContain('50 of 100 dates are left out')
    expect(correlation_pairwise[0]?.[1]).not.toBeCloseTo(correlation[0]?.[1] ?? 0, 6)
  })

  test('warns of a history that is short for so many strategies', () => {
    const many = Array.from({ length: 6 }, (_, index) => turns(0.001, 0.01, 2 + index))
    expect(ask('equal_weight', scenariosOf(...many)).warnings.join(' ')).toContain('100 days for 6 strategies')
  })

  test('names the limit that binds', () => {
    const scenarios = scenariosOf(turns(0.001, 0.01), turns(0.0005, 0.006, 3))
    expect(ask('max_return_cvar', scenarios, { cap: 0.4, budget: 2 }).binding).toEqual(['cap:S1', 'cap:S2'])
    expect(ask('max_return_cvar', scenarios, { budget: 2, margin: [1, 1], margin_limit: 0.4 }).binding).toEqual(['margin_limit'])
  })

  test('of weights that are given is measured, not solved', () => {
    const scenarios = scenariosOf(turns(0.001, 0.01), turns(0.0005, 0.006, 4))
    const { status, objective, weights, metrics } = measure({ scenarios, limits: {} }, [0.5, 0.5])
    expect([status, objective, weights]).toEqual(['measured', null, [0.5, 0.5]])
    expect(metrics?.mean_daily).toBeCloseTo(0.00075, 12)
  })

  test('has no Sharpe within caps that leave no room for the sum without what never varies', () => {
    const still = new Float64Array(DAYS)
    const { status } = ask('max_sharpe', scenariosOf(turns(0.001, 0.01), turns(0.0005, 0.006, 3), still), { cap: 0.4 })
    expect(status).toBe('infeasible')
  })

  test('is found where all strategies are the same', () => {
    const same = turns(0.001, 0.01)
    const { status, weights } = ask('max_hybrid', scenariosOf(same, same, same), { cap: 0.5, budget: 1 })
    expect(status).toBe('optimal')
    expect(weights.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1, 6)
  })

  test('leaves what never loses an equal share of equal parts of the risk', () => {
    const still = new Float64Array(DAYS).fill(0.0001)
    const swing = turns(0, 0.01)
    const { status, weights } = ask(
      'risk_parity_cvar',
      scenariosOf(
        still,
        swing,
        swing.map(value => value * 2),
      ),
    )
    expect(status).toBe('optimal')
    // A third, and of the rest twice as much of what swings half as far.
    for (const [index, weight] of [1 / 3, 4 / 9, 2 / 9].entries()) expect(weights[index]).toBeCloseTo(weight, 6)
    const idle = ask('risk_parity_cvar', scenariosOf(still, still))
    expect([idle.status, idle.weights]).toEqual(['optimal', [0.5, 0.5]])
  })

  test('finds what never varies where the sum is limited as well as fixed', () => {
    const still = new Float64Array(DAYS).fill(0.0001)
    const limits = { cap: 1, budget: 1, cvar: 0.01 }
    const { objective, weights } = solve(
      { constructor_name: 'min_risk', measure: 'semi_deviation', scenarios: scenariosOf(turns(0.001, 0.01), still), limits },
      means,
    )
    expect(objective).toBeCloseTo(0, 9)
    expect(weights[1]).toBeCloseTo(1, 6)
  })

  test('stays inside ruin for growth', () => {
    const crash = turns(0.01, 0.001)
    crash[40] = -0.6
    const { status, weights, metrics } = ask('max_cagr', scenariosOf(crash), { cap: 2, budget: 2 })
    expect(status).toBe('optimal')
    expect(weights[0]).toBeLessThan(1 / 0.6)
    expect(metrics?.cagr).toBeGreaterThan(0)
  })
})
