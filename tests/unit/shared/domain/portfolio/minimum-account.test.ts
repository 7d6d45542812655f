import { describe, expect, test } from 'vitest'
import { capitalLadder } from '../../../../../shared/domain/portfolio/minimum-account.ts'

// One bad day of 1 % in each column: CVaR₉₅ of ten days is the worst day, so one unit of the first loses 250, of the second 500.
const column = (worst: number) => Float64Array.from({ length: 10 }, (_, day) => (day === 3 ? -worst : 0.001))
const question = {
  weights: [0.5, 0.25, 0],
  capital_per_unit: [25_000, 50_000, 10_000],
  margin_per_unit: [3_000, 10_000, 1_000],
  columns: [column(0.01), column(0.01), column(0.01)],
  margin_limit: 0.4,
  cvar_limit: 0.02,
}

describe('the ladder of capital', () => {
  test('says from which capital a strategy with weight is affordable', () => {
    expect(capitalLadder(question).affordable_from).toEqual([50_000, 200_000, null])
  })

  test('buys whole units only', () => {
    const { rungs } = capitalLadder(question)
    expect(rungs.map(({ capital, units }) => [capital, ...units])).toEqual([
      [50_000, 1, 0, 0],
      [100_000, 2, 0, 0],
      [250_000, 5, 1, 0],
      [500_000, 10, 2, 0],
      [1_000_000, 20, 5, 0],
      [2_500_000, 50, 12, 0],
      [5_000_000, 100, 25, 0],
    ])
    expect(rungs[0]?.unaffordable).toEqual([1])
    expect(rungs[2]?.unaffordable).toEqual([])
  })

  test('shows what margin and CVaR use of the capital', () => {
    const [first] = capitalLadder(question).rungs
    expect(first?.margin_use).toBeCloseTo(3_000 / 50_000, 12)
    expect(first?.cvar_use).toBeCloseTo(250 / 50_000, 12)
    expect(first?.within_limits).toBe(true)
  })
})
