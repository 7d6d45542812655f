import { describe, expect, it } from 'vitest'
import { assertMeantForUs } from '../../../../functions/ingest-signal/acceptance.ts'
import { Problem } from '../../../../shared/runtime/problem.ts'
import { houseBody, read } from './converters/read.ts'

const now = new Date('2026-03-02T15:00:00Z')

/** Status and code of a refusal; null where the call went through. */
const refusedBy = (call: () => unknown): string | null => {
  try {
    call()
    return null
  } catch (error) {
    if (error instanceof Problem) return `${error.input.status} ${error.input.code}`
    throw error
  }
}

describe('a signal’s time and place', () => {
  const judged = (changes: Record<string, unknown>) =>
    refusedBy(() => {
      const { input, pathOf } = read({ ...houseBody, ...changes })
      assertMeantForUs(input, { deployment: 'staging', now, pathOf })
    })

  const inSeconds = (seconds: number) => now.getTime() / 1000 + seconds

  it('may be up to 60 s ahead, in seconds or milliseconds', () => {
    expect(judged({ signal_sent_EPOCH: inSeconds(60) })).toBeNull()
    expect(judged({ signal_sent_EPOCH: inSeconds(60) * 1000 })).toBeNull()
    expect(judged({ signal_sent_EPOCH: inSeconds(61) })).toBe('422 SENT_IN_FUTURE')
    expect(judged({ signal_sent_EPOCH: inSeconds(60) * 1000 + 1 })).toBe('422 SENT_IN_FUTURE')
  })

  it('may be any time ago, and may be missing', () => {
    expect(judged({ signal_sent_EPOCH: 1 })).toBeNull()
    expect(judged({ signal_sent_EPOCH: undefined })).toBeNull()
  })

  it('must be of this deployment where it names one', () => {
    expect(judged({ environment: undefined })).toBeNull()
    expect(judged({ environment: 'production' })).toBe('403 WRONG_ENVIRONMENT')
  })
})
