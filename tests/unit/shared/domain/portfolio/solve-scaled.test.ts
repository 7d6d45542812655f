import { beforeAll, describe, expect, it } from 'vitest'
import type { Limits, Means, Problem } from '../../../../../shared/domain/portfolio/problem.ts'
import { solveScaled } from '../../../../../shared/domain/portfolio/solve-scaled.ts'
import { loadSolver } from '../../../../../shared/solver/load-solver.ts'

let means: Means

beforeAll(async () => {
  means = { solver: await loadSolver(), seed: 1 }
})

const columns = [
  [0.01, -0.02, 0.03, -0.01, 0.02, 0.01],
  [-0.01, 0.02, 0.01, -0.02, 0.01, 0.02],
  [0.02, 0.01, -0.02, 0.01, -0.01, 0.01],
  [0.01, 0.01, -0.01, 0.02, -0.02, 0.01],
]
const scenarios = {
  names: ['A', 'B', 'C', 'D'],
  dates: columns[0]?.map((_, day) => `2024-01-0${day + 1}`) ?? [],
  columns: columns.map(column => Float64Array.from(column)),
}
const weightsOf = (limits: Limits, constructor_name: Problem['constructor_name'] = 'equal_weight') => {
  const { status, weights } = solveScaled({ constructor_name, scenarios, limits }, means)
  return status === 'optimal' ? weights.map(weight => Number(weight.toFixed(9))) : status
}

describe('an allocation of a constructor without a scale of its own', () => {
  // a quarter each at Σw = 1; twice that is the cap
  it('is made as large as the cap allows', () => {
    expect(weightsOf({ cap: 0.5, budget: 3 })).toEqual([0.5, 0.5, 0.5, 0.5])
    expect(weightsOf({ cap: 0.1, budget: 3 })).toEqual([0.1, 0.1, 0.1, 0.1])
  })

  it('is made as large as the sum of all allows', () => {
    expect(weightsOf({ cap: 0.5, budget: 0.8 })).toEqual([0.2, 0.2, 0.2, 0.2])
  })

  // a quarter each takes 0.25 × (1 + 2 + 3 + 4) = 2.5 as margin; 0.4 ÷ 2.5 of that
  it('is made as large as margin allows', () => {
    expect(weightsOf({ cap: 0.5, budget: 2, margin: [1, 2, 3, 4], margin_limit: 0.4 })).toEqual([0.04, 0.04, 0.04, 0.04])
  })

  // days sum to 0.03, 0.02, 0.01, 0, 0, 0.05: there is no day of loss at a quarter each, so risk does not stop it
  it('is stopped by risk only where there is any', () => {
    expect(weightsOf({ cap: 0.5, budget: 2, cvar: 0.0001 })).toEqual([0.5, 0.5, 0.5, 0.5])
  })

  it('is solved as it is where the sum is asked for', () => {
    expect(weightsOf({ sum: 0.4, budget: 2 })).toEqual([0.1, 0.1, 0.1, 0.1])
  })

  it('keeps the proportions that were found at Σw = 1', () => {
    const found = weightsOf({ cap: 0.5, budget: 0.5 }, 'min_risk')
    const whole = weightsOf({ cap: 0.5, sum: 1 }, 'min_risk')
    expect(found).not.toBe('infeasible')
    for (const [index, weight] of [...found].entries()) expect(weight).toBeCloseTo(Number(whole[index]) / 2, 6)
  })
})
