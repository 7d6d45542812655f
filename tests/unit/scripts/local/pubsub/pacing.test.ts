import { describe, expect, it } from 'vitest'
import { createPacing } from '../../../../../scripts/local/pubsub/pacing.ts'

const repeat = (times: number, act: () => void) => {
  for (let count = 0; count < times; count += 1) act()
}

describe('pacing', () => {
  it('starts at 16 outstanding pushes and grows to 64', () => {
    const pacing = createPacing()
    expect(pacing.limit()).toBe(16)
    repeat(100, pacing.succeeded)
    expect(pacing.limit()).toBe(64)
  })

  it('halves with each failure, and never below one', () => {
    const pacing = createPacing()
    pacing.failed(0, true)
    expect(pacing.limit()).toBe(8)
    repeat(10, () => pacing.failed(0, true))
    expect(pacing.limit()).toBe(1)
  })

  it('pauses from the third failure in a row, 100 ms doubling to 1 s', () => {
    const pacing = createPacing()
    let nowMs = 0
    const pauses = [0, 0, 100, 200, 400, 800, 1000, 1000].map(() => {
      pacing.failed(nowMs, true)
      const pauseMs = pacing.pauseMs(nowMs)
      nowMs += pauseMs
      return pauseMs
    })
    expect(pauses).toEqual([0, 0, 100, 200, 400, 800, 1000, 1000])
  })

  it('counts pushes that fail together as one', () => {
    const pacing = createPacing()
    repeat(16, () => pacing.failed(0, true))
    expect(pacing.pauseMs(0)).toBe(100)
  })

  it('ends a pause with the first success', () => {
    const pacing = createPacing()
    repeat(5, () => pacing.failed(0, true))
    pacing.succeeded()
    expect(pacing.pauseMs(0)).toBe(0)
  })

  it('does not pause where a retry policy spaces the messages', () => {
    const pacing = createPacing()
    repeat(16, () => pacing.failed(0, false))
    expect(pacing.pauseMs(0)).toBe(0)
  })
})
