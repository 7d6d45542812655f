import { describe, expect, test } from 'vitest'
import { maximize } from '../../../../../shared/domain/portfolio/maximize.ts'

/** How often it looked, and where it ended. */
function climb(hill: (at: number) => number, to = 1) {
  let looks = 0
  const look = (at: number) => {
    looks += 1
    return hill(at)
  }
  return { at: maximize(look, { from: 0, to, width: 3e-3 * to }), looks }
}

describe('the top of a hill', () => {
  test.each([
    ['round', (x: number) => -((x - 0.3) ** 2), 0.3],
    ['pointed', (x: number) => -Math.abs(x - 0.77), 0.77],
    ['at the left end', (x: number) => -x, 0],
    ['at the right end', (x: number) => x, 1],
    ['before what is not allowed', (x: number) => (x > 0.8 ? Number.NEGATIVE_INFINITY : x - x ** 2 / 2), 0.8],
    ['flat all over', () => 1, 0.5],
  ])('is found where it is %s', (name, hill, top) => {
    const { at, looks } = climb(hill)
    expect(Math.abs(at - top)).toBeLessThan(name === 'flat all over' ? 0.51 : 4e-3)
    expect(looks).toBeLessThan(20)
  })

  test.each([0, 1e-16])('is looked for at an end where there is next to no room, of %f', room => {
    let looks = 0
    const hill = () => {
      looks += 1
      return 0
    }
    expect(maximize(hill, { from: 2, to: 2 + room, width: 3e-3 * room })).toBe(2)
    expect(looks).toBeLessThanOrEqual(100)
  })

  test('of a sine is a quarter of its way', () => {
    expect(climb(Math.sin, 3).at).toBeCloseTo(Math.PI / 2, 2)
  })
})
