import { describe, expect, test } from 'vitest'
import { seekZero } from '../../../../../shared/domain/portfolio/seek-zero.ts'

function seek(valueAt: (at: number) => number | null, above: number) {
  const looks: number[] = []
  const found = seekZero(
    at => {
      looks.push(at)
      return valueAt(at)
    },
    { from: 0, to: 1, above, enough: 1e-9 },
  )
  return { found, looks, last: looks.at(-1) ?? Number.NaN }
}

describe('the zero of a falling function', () => {
  test.each([0.001, 0.2, 0.5, 0.9, 0.99])('is found at %f', zero => {
    const { found, looks, last } = seek(at => zero ** 3 - at ** 3 + (zero - at), zero ** 3 + zero)
    expect(found).toBe(true)
    expect(last).toBeCloseTo(zero, 4)
    expect(looks.length).toBeLessThan(16)
  })

  test('is looked for nearer and nearer to the end where it stays above', () => {
    const { found, last } = seek(() => 1, 1)
    expect(found).toBe(true)
    expect(last).toBeGreaterThan(0.999)
    expect(last).toBeLessThan(1)
  })

  test('is found below where there is no value', () => {
    const { last } = seek(at => (at > 0.6 ? null : 0.5 - at), 0.5)
    expect(last).toBeCloseTo(0.5, 6)
  })

  test('is nowhere if there is never a value', () => {
    expect(seek(() => null, 1).found).toBe(false)
  })
})
