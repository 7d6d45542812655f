import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signalIdSequence } from '../../../../functions/ingest-signal/sequence.ts'
import { Problem } from '../../../../shared/runtime/problem.ts'

const at = (ms: number) => new Date(Date.parse('2026-03-02T15:00:00Z') + ms)

const usedUp = () => {
  const next = signalIdSequence()
  for (let count = 0; count < 999; count += 1) next('A', at(count))
  return next
}

describe('the ids of signals', () => {
  it('count within a strategy’s second', () => {
    const next = signalIdSequence()
    expect([next('A', at(0)), next('A', at(0)), next('B', at(0)), next('A', at(999))]).toEqual([
      'A_20260302_150000_001',
      'A_20260302_150000_002',
      'B_20260302_150000_001',
      'A_20260302_150000_003',
    ])
    expect(next('A', at(1000))).toBe('A_20260302_150001_001')
  })

  it('go on where they were when a request of the second before comes late', () => {
    const next = signalIdSequence()
    expect([999, 1000, 999, 1000].map(ms => next('A', at(ms)))).toEqual([
      'A_20260302_150000_001',
      'A_20260302_150001_001',
      'A_20260302_150000_002',
      'A_20260302_150001_002',
    ])
  })

  it('never repeat, in whatever order requests around the turn of a second come', () => {
    const request = fc.record({ strategy_id: fc.constantFrom('A', 'B', 'A_B'), ms: fc.integer({ min: -2000, max: 2000 }) })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 200 }), requests => {
        const next = signalIdSequence()
        const ids = requests.map(({ strategy_id, ms }) => next(strategy_id, at(ms)))
        expect(new Set(ids).size).toBe(requests.length)
      }),
    )
  })

  it('are refused past 999 in a second, with the time to wait', () => {
    const next = usedUp()
    const refusal = (() => {
      try {
        return next('A', at(999))
      } catch (error) {
        return error instanceof Problem ? error.input : error
      }
    })()
    expect(refusal).toMatchObject({ status: 429, code: 'TOO_MANY_SIGNALS', headers: { 'retry-after': '1' } })
  })

  it('are refused to that strategy and in that second alone', () => {
    const next = usedUp()
    expect(() => next('A', at(0))).toThrow('TOO_MANY_SIGNALS')
    expect(next('B', at(0))).toBe('B_20260302_150000_001')
    expect(next('A', at(1000))).toBe('A_20260302_150001_001')
    expect(() => next('A', at(0))).toThrow('TOO_MANY_SIGNALS')
  })

  it('are remembered for a minute, and forgotten then', () => {
    const next = usedUp()
    next('A', at(60_000))
    expect(() => next('A', at(0))).toThrow('TOO_MANY_SIGNALS')
    next('B', at(61_000))
    expect(next('A', at(0))).toBe('A_20260302_150000_001')
  })
})
