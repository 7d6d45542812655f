import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { inTime } from '../../../../functions/ingest-signal/in-time.ts'
import { Problem } from '../../../../shared/runtime/problem.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const never = new Promise<string>(() => undefined)
const comesAfter = (ms: number) => new Promise<string>(resolve => setTimeout(() => resolve(`after ${ms}`), ms))

const outcomeOf = (answer: Promise<string>) => {
  const begun = performance.now()
  const told = (what: string) => [what, performance.now() - begun] as const
  return answer.then(told, ({ input }) => told(input.code))
}

describe('an answer at the door', () => {
  it('is what comes within the time of a sender', async () => {
    const outcome = outcomeOf(inTime()(comesAfter(2_000)))
    await vi.runAllTimersAsync()
    expect(await outcome).toEqual(['after 2000', 2_000])
  })

  it('says before a sender gives up that nobody answers', async () => {
    const outcome = outcomeOf(inTime()(never))
    await vi.advanceTimersByTimeAsync(3_000)
    expect(await outcome).toEqual(['UNAVAILABLE', 2_500])
  })

  it('is waited for in a crowd that is answered one after another', async () => {
    const answered = inTime()
    const crowd = Array.from({ length: 10 }, (_, index) => outcomeOf(answered(comesAfter(1_000 * (index + 1)))))
    await vi.runAllTimersAsync()
    expect(await crowd.at(-1)).toEqual(['after 10000', 10_000])
  })

  it('counts who was refused as answered, and nobody whose signal failed', async () => {
    const failure = { failed: new Error('no connection'), refused: new Problem({ status: 422, code: 'INVALID_SIGNAL', detail: '' }) }
    const waitsBehind = async (error: Error) => {
      const answered = inTime()
      const outcome = outcomeOf(answered(never))
      await vi.advanceTimersByTimeAsync(1_000)
      await expect(answered(Promise.reject(error))).rejects.toThrow()
      await vi.advanceTimersByTimeAsync(4_000)
      return (await outcome)[1]
    }
    expect(await waitsBehind(failure.failed)).toBe(2_500)
    expect(await waitsBehind(failure.refused)).toBe(3_500)
  })
})
