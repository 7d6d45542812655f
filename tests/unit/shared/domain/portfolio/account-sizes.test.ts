import { describe, expect, it } from 'vitest'
import { accountSizes } from '../../../../../shared/domain/portfolio/account-sizes.ts'

// Two days: the worst 5 % is the day on which A loses 2 % and B 1 % of their capital.
const question = {
  scenarios: {
    names: ['A', 'B', 'C'],
    dates: ['2026-03-02', '2026-03-03'],
    columns: [Float64Array.of(-0.02, 0.03), Float64Array.of(-0.01, 0.01), Float64Array.of(0, 0)],
  },
  weights: [0.5, 0.25, 0],
  capital_per_unit: [20_000, 25_000, 1_000],
  margin: [0.2, 0.1, 1],
  margin_limit: 0.4,
  cvar_limit: 0.02,
}

describe('account sizes', () => {
  it('tell from which equity every weight buys a whole unit, and where each becomes affordable', () => {
    const { min_equity, units, affordable_from, unpriced } = accountSizes(question)
    // A unit of A needs 20,000 ÷ 0.5 = 40,000 of equity, one of B 25,000 ÷ 0.25 = 100,000, where A has ⌊50,000 ÷ 20,000⌋ = 2.
    expect({ min_equity, units }).toEqual({ min_equity: 100_000, units: { A: 2, B: 1, C: 0 } })
    expect(affordable_from).toEqual({ A: 40_000, B: 100_000, C: null })
    expect(unpriced).toEqual([])
  })

  it('climb the ladder from $50k to $5M', () => {
    const { ladder } = accountSizes(question)
    expect(ladder.map(({ capital }) => capital)).toEqual([50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000])
    expect(ladder[0]).toMatchObject({ units: { A: 1, B: 0, C: 0 }, unaffordable: ['B'], within_limits: true })
    // 1 × 20,000 × 0.2 = 4,000 of margin, and a loss of 1 × 20,000 × 0.02 = 400, of 50,000.
    expect(ladder[0]?.margin_use).toBeCloseTo(0.08, 12)
    expect(ladder[0]?.cvar_use).toBeCloseTo(0.008, 12)
  })

  it('pass over the steps of coins that no account can be at', () => {
    // A coin at a dollar beside one lot of 50,000, each half of equity: both whole from 100,000 on, and then a step at every two dollars.
    const coins = { ...question, capital_per_unit: [1, 50_000, 1_000], weights: [0.5, 0.5, 0], margin: [0.5, 0.2, 1], cvar_limit: null }
    // Margin: 25,000 + 10,000 of 100,000.
    expect(accountSizes(coins)).toMatchObject({ min_equity: 100_000, none_up_to: null })
    // 0.25 + 0.5 of equity, of any size.
    expect(accountSizes({ ...coins, margin: [0.5, 1, 1] })).toMatchObject({ min_equity: null, none_up_to: null })
    // The day loses 2 % of A and 1 % of B: 1,000 + 500 of 100,000 are 1.5 %.
    const risky = { ...coins, margin: [0, 0, 1] }
    expect(accountSizes({ ...risky, cvar_limit: 0.015 }).min_equity).toBeCloseTo(100_000, 4)
    // With one lot, 20 × coins + 500 within 1.49 %: 51,018 coins, from 102,036 on, lose 1,520.36, which are 1.49 % of 102,037.58.
    expect(accountSizes({ ...risky, cvar_limit: 0.0149 }).min_equity).toBeCloseTo(1_520.36 / 0.0149, 4)
  })

  it('say nothing of a whole of which a price is missing', () => {
    const { min_equity, affordable_from, unpriced } = accountSizes({ ...question, capital_per_unit: [20_000, null, 1_000] })
    expect({ min_equity, affordable_from, unpriced }).toEqual({
      min_equity: null,
      affordable_from: { A: 40_000, C: null },
      unpriced: ['B'],
    })
  })
})
