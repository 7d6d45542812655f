import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openPacer } from '../../../../../shared/brokers/ibkr/pacing.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const most = (times: number[]): number => Math.max(...times.map(from => times.filter(at => at >= from && at < from + 1000).length))

describe('pacing', () => {
  it('lets fewer than 50 messages go in any second, however many there are', async () => {
    const pacer = openPacer(() => Date.now())
    const times: number[] = []
    for (let n = 0; n < 300; n += 1) void pacer.turn(1).then(() => times.push(Date.now()))
    await vi.advanceTimersByTimeAsync(8_000)
    expect(times).toHaveLength(300)
    expect(most(times)).toBeLessThan(50)
  })

  it('lets orders go before questions that came earlier', async () => {
    const pacer = openPacer(() => Date.now())
    const gone: string[] = []
    for (let n = 0; n < 50; n += 1) void pacer.turn(1).then(() => gone.push('question'))
    void pacer.turn(1, true).then(() => gone.push('order'))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(gone.indexOf('order')).toBeLessThanOrEqual(6)
  })

  it('never sends what waited for a connection that is gone', async () => {
    const pacer = openPacer(() => Date.now())
    const answers: boolean[] = []
    for (let n = 0; n < 20; n += 1) void pacer.turn(1, true).then(mayI => answers.push(mayI))
    await vi.advanceTimersByTimeAsync(0)
    pacer.drop()
    await vi.advanceTimersByTimeAsync(5_000)
    expect([answers.filter(Boolean).length, answers.length]).toEqual([5, 20])
  })

  it('halves its speed after a complaint', async () => {
    const pacer = openPacer(() => Date.now())
    pacer.slowDown()
    const times: number[] = []
    for (let n = 0; n < 60; n += 1) void pacer.turn(1).then(() => times.push(Date.now()))
    await vi.advanceTimersByTimeAsync(4_000)
    expect(most(times)).toBeLessThanOrEqual(25)
  })
})
