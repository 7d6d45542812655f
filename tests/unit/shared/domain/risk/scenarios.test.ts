import { describe, expect, it } from 'vitest'
import { correlationOf, lossesOf, scenariosOf } from '../../../../../shared/domain/risk/scenarios.ts'
import { daysFrom, series } from '../decision/state-of.ts'

const lossesWith = (exposures: Record<string, number>, counted: string[] = []) => [
  ...lossesOf(scenariosOf(all), new Map(Object.entries(exposures)), counted),
]

/** A on days 1 to 3, B on days 3 to 5. */
const all = [series('A', [0.01, -0.02, 0.03]), series('B', [0.1, -0.1, 0.2], 2)]

const close = (losses: number[], expected: number[]) => {
  expect(losses).toHaveLength(expected.length)
  losses.forEach((loss, index) => {
    expect(loss).toBeCloseTo(expected[index] as number, 12)
  })
}

describe('losses of exposures', () => {
  it('are minus the returns times the exposure, on the days of what is exposed', () => {
    close(lossesWith({ A: 0.5 }), [-0.005, 0.01, -0.015])
  })

  it('count a day that one misses as no exposure of it', () => {
    close(lossesWith({ A: 1, B: 0.1 }), [-0.01, 0.02, -0.04, 0.01, -0.02])
  })

  it('count days of a column besides, where asked', () => {
    close(lossesWith({ A: 1 }, ['B']), [-0.01, 0.02, -0.03, 0, 0])
  })

  it('turn round for what is held short', () => {
    close(lossesWith({ B: -1 }), [0.1, -0.1, 0.2])
  })

  it('are none without exposures', () => {
    expect(lossesWith({})).toEqual([])
  })
})

describe('scenarios', () => {
  it('leave out what has no days, or not a return for each', () => {
    const { columns } = scenariosOf([series('EMPTY', []), { column: 'UNEVEN', dates: daysFrom(3), returns: [1] }])
    expect(columns.size).toBe(0)
  })

  it('put unsorted days in order', () => {
    const given = { column: 'A', dates: ['2025-01-03', '2025-01-01'], returns: [0.3, 0.1] }
    close([...lossesOf(scenariosOf([given]), new Map([['A', 1]]))], [-0.1, -0.3])
  })
})

describe('correlation', () => {
  const rising = Array.from({ length: 30 }, (_, index) => index)

  it('is 1 with a multiple of itself and −1 with its opposite', () => {
    const scenarios = scenariosOf([
      series('A', rising),
      series(
        'B',
        rising.map(each => 3 * each + 2),
      ),
      series(
        'C',
        rising.map(each => -each),
      ),
    ])
    expect(correlationOf(scenarios, 'A', 'B')).toBeCloseTo(1, 12)
    expect(correlationOf(scenarios, 'A', 'C')).toBeCloseTo(-1, 12)
  })

  // numpy.corrcoef(range(30), [i * i % 7 for i in range(30)])[0, 1]
  it('is Pearson’s', () => {
    const scenarios = scenariosOf([
      series('A', rising),
      series(
        'B',
        rising.map(each => (each * each) % 7),
      ),
    ])
    expect(correlationOf(scenarios, 'A', 'B')).toBeCloseTo(-0.03655018443268343, 12)
  })

  it('is over the common days only', () => {
    const scenarios = scenariosOf([series('A', rising), series('B', [...rising.slice(5), 900, -7, 3], 5)])
    expect(correlationOf(scenarios, 'A', 'B')).toBeCloseTo(1, 12)
  })

  it('is not known with fewer than twenty common days, with what never moves, or with what is not there', () => {
    const scenarios = scenariosOf([
      series('A', rising),
      series('B', rising.slice(11), 11),
      series(
        'FLAT',
        rising.map(() => 1),
      ),
    ])
    expect(correlationOf(scenarios, 'A', 'B')).toBeNull()
    expect(correlationOf(scenarios, 'A', 'FLAT')).toBeNull()
    expect(correlationOf(scenarios, 'A', 'NONE')).toBeNull()
  })
})
