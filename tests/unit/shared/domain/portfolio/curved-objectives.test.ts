import { beforeAll, describe, expect, test } from 'vitest'
import { syntheticScenarios } from '../../../../../scripts/bench/portfolio/market.ts'
import { cvar } from '../../../../../shared/domain/portfolio/measures/cvar.ts'
import type { Limits, Means, Problem } from '../../../../../shared/domain/portfolio/problem.ts'
import { portfolioReturns } from '../../../../../shared/domain/portfolio/scenarios.ts'
import { solve } from '../../../../../shared/domain/portfolio/solve.ts'
import { loadSolver } from '../../../../../shared/solver/load-solver.ts'

let means: Means
beforeAll(async () => {
  means = { solver: await loadSolver(), seed: 1 }
})

type Asked = Pick<Problem, 'constructor_name' | 'measure'>

/** Within the house's limits, with the CVaR of equal weights as its limit. */
function ask(asked: Asked, strategies: number, days: number) {
  const scenarios = syntheticScenarios(strategies, days)
  const equal = new Float64Array(strategies).fill(1 / strategies)
  const margin = Array.from(equal, () => 0.25)
  const house: Limits = { cap: 0.5, budget: 2, margin, margin_limit: 0.4, cvar: cvar(portfolioReturns(scenarios.columns, equal)) }
  return solve({ ...asked, scenarios, limits: asked.constructor_name === 'min_risk' ? { cap: 0.5 } : house }, means)
}

const semi_deviation = { constructor_name: 'min_risk', measure: 'semi_deviation' } as const

// Solved with cvxpy 1.9.3 and Clarabel 0.11.1; the blend by SciPy's bounded Brent over floors of the Sharpe ratio.
const solved: [Asked, strategies: number, days: number, objective: number][] = [
  [{ constructor_name: 'max_cagr_sharpe' }, 12, 400, 0.0007494214850896],
  [{ constructor_name: 'risk_parity_cvar' }, 12, 400, 0.438429946514],
  [{ constructor_name: 'max_hybrid' }, 12, 400, 0.9996716619148],
  [semi_deviation, 12, 400, 0.0024565412677343],
  [{ constructor_name: 'max_cagr_sharpe' }, 60, 300, 0.0015893799857276],
  [{ constructor_name: 'risk_parity_cvar' }, 60, 300, 2.492185388975],
  [{ constructor_name: 'max_hybrid' }, 60, 300, 0.9719853956103],
  [semi_deviation, 60, 300, 0.0014480697558331],
]

describe('an objective that is curved', () => {
  test.each(solved)('%o of %i strategies over %i days is what another solver found', (asked, strategies, days, objective) => {
    const found = ask(asked, strategies, days)
    expect(found.status).toBe('optimal')
    expect(Math.abs((found.objective ?? 0) / objective - 1)).toBeLessThan(2e-6)
  })

  test('leaves no crumbs of weights', () => {
    const { weights } = ask(semi_deviation, 60, 300)
    expect(weights.filter(weight => weight > 0 && weight < 1e-6)).toEqual([])
  })

  test('gives each strategy the same part of the risk', () => {
    const { weights } = ask({ constructor_name: 'risk_parity_cvar' }, 12, 400)
    const { columns } = syntheticScenarios(12, 400)
    const risk = (each: readonly number[]) => cvar(portfolioReturns(columns, each))
    // What a little more of a strategy, and a little less, changes: corners lie between.
    const parts = weights.map((weight, index) => {
      const with_ = (change: number) => risk(weights.map((value, other) => (other === index ? value + change : value)))
      const width = weight * 1e-7
      return [(weight * (with_(0) - with_(-width))) / width, (weight * (with_(width) - with_(0))) / width] as const
    })
    const equal = risk(weights) / weights.length
    for (const [less, more] of parts) {
      expect(less).toBeLessThanOrEqual(equal * (1 + 1e-4))
      expect(more).toBeGreaterThanOrEqual(equal * (1 - 1e-4))
    }
  })
})
