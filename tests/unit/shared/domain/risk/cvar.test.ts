import { array, assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cvar95, tailMean } from '../../../../../shared/domain/risk/cvar.ts'

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('CVaR 95', () => {
  it('is the mean of the worst twentieth', () => {
    // of 1 … 60 the three worst are 60, 59, 58
    expect(cvar95(upTo(60))).toBe(59)
  })

  it('takes the observation at its edge in part', () => {
    // 50 / 20 = 2.5 observations: (50 + 49 + 0.5 × 48) / 2.5
    expect(cvar95(upTo(50))).toBeCloseTo(49.2, 12)
  })

  it('is the worst loss where there are twenty observations or fewer', () => {
    expect(cvar95(upTo(20))).toBe(20)
    expect(cvar95(upTo(7))).toBe(7)
    expect(cvar95([-3])).toBe(-3)
  })

  it('is nothing without observations', () => {
    expect(cvar95([])).toBe(0)
  })

  it('leaves what it was given as it is', () => {
    const losses = Float64Array.from([3, 1, 2])
    cvar95(losses)
    expect([...losses]).toEqual([3, 1, 2])
  })

  const losses = array(double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 120 })

  it('does not depend on the order', () =>
    assert(
      property(losses, given => {
        expect(cvar95([...given].reverse())).toBeCloseTo(cvar95(given), 12)
      }),
    ))

  it('grows in proportion to the position', () =>
    assert(
      property(losses, integer({ min: 1, max: 9 }), (given, times) => {
        expect(cvar95(given.map(each => each * times))).toBeCloseTo(times * cvar95(given), 9)
      }),
    ))

  it('is at least the mean and at most the worst', () =>
    assert(
      property(losses, given => {
        expect(cvar95(given)).toBeLessThanOrEqual(Math.max(...given) + 1e-12)
        expect(cvar95(given)).toBeGreaterThanOrEqual(tailMean(given, given.length) - 1e-12)
      }),
    ))

  it('of two positions together is no more than of each alone', () =>
    assert(
      property(losses, integer({ min: 1, max: 50 }), (given, shift) => {
        const other = given.map((_, index) => given[(index + shift) % given.length] as number)
        const together = given.map((each, index) => each + (other[index] as number))
        expect(cvar95(together)).toBeLessThanOrEqual(cvar95(given) + cvar95(other) + 1e-12)
      }),
    ))
})

describe('a tail mean', () => {
  it('of all values is their mean', () => expect(tailMean([4, 1, 7, 0], 4)).toBe(3))
  it('of a part of one value is the largest', () => expect(tailMean([4, 1, 7, 0], 0.3)).toBeCloseTo(7, 12))
})
