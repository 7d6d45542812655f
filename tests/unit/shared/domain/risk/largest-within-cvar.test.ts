import { array, assert, double, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cvar95 } from '../../../../../shared/domain/risk/cvar.ts'
import { largestWithinCvar } from '../../../../../shared/domain/risk/largest-within-cvar.ts'

/** Twenty scenarios, so that CVaR 95 is the worst of them. */
const worst = (losses: Record<number, number>) => Float64Array.from({ length: 20 }, (_, index) => losses[index] ?? 0)

describe('the largest size within a CVaR limit', () => {
  it('ends just where one lot more would pass the limit', () => {
    // 0.003 a lot: 6 lots lose 0.018, 7 lots 0.021
    expect(largestWithinCvar({ before: worst({}), ofOneLot: worst({ 3: 0.003 }), limit: 0.02, lots: 100 })).toEqual({
      lots: 6,
      before: 0,
      after: 0.018,
    })
  })

  it('is what is wanted where that fits', () => {
    expect(largestWithinCvar({ before: worst({}), ofOneLot: worst({ 3: 0.003 }), limit: 0.02, lots: 5 })).toMatchObject({ lots: 5 })
  })

  it('is nothing where not one lot fits; then it tells what one would have come to', () => {
    const answer = largestWithinCvar({ before: worst({ 3: 0.019 }), ofOneLot: worst({ 3: 0.002 }), limit: 0.02, lots: 5 })
    expect(answer).toMatchObject({ lots: 0, before: 0.019 })
    expect(answer.after).toBeCloseTo(0.021, 12)
  })

  it('takes a hedge of a fund that is over its limit, as far as it lowers the CVaR', () => {
    // before 0.03; n lots: max(0.03 − 0.002 n, 0.001 n): equal at 10, below 0.03 up to 29
    const question = { before: worst({ 3: 0.03 }), ofOneLot: worst({ 3: -0.002, 4: 0.001 }), limit: 0.02 }
    expect(largestWithinCvar({ ...question, lots: 8 })).toMatchObject({ lots: 8, before: 0.03 })
    expect(largestWithinCvar({ ...question, lots: 100 })).toMatchObject({ lots: 29 })
  })

  it('takes nothing that leaves such a fund where it is, or worse', () => {
    expect(largestWithinCvar({ before: worst({ 3: 0.03 }), ofOneLot: worst({ 4: 0.001 }), limit: 0.02, lots: 5 })).toMatchObject({
      lots: 0,
    })
    expect(largestWithinCvar({ before: worst({ 3: 0.03 }), ofOneLot: worst({ 3: 0.001 }), limit: 0.02, lots: 5 })).toMatchObject({
      lots: 0,
    })
  })

  // Of 1e-6 and more, so that a CVaR's last decimals do not decide.
  const aReturn = integer({ min: -20_000, max: 20_000 }).map(value => value / 1e6)
  const returns = array(aReturn, { minLength: 25, maxLength: 60 })
  const small = { limit: double({ min: 0, max: 0.06, noNaN: true }), lots: integer({ min: 0, max: 60 }) }

  it('is what trying every size finds', () =>
    assert(
      property(returns, integer({ min: 1, max: 24 }), small.limit, small.lots, (given, shift, limit, lots) => {
        const before = Float64Array.from(given)
        const ofOneLot = Float64Array.from(given, (_, index) => (given[(index + shift) % given.length] as number) / 10)
        const cvarOf = (count: number) =>
          Number(cvar95(before.map((loss, index) => loss + count * (ofOneLot[index] as number))).toFixed(12))
        const allowed = (count: number) => (cvarOf(0) <= limit ? cvarOf(count) <= limit : cvarOf(count) < cvarOf(0))
        const tried = Array.from({ length: lots }, (_, index) => index + 1).filter(allowed)
        expect(largestWithinCvar({ before, ofOneLot, limit, lots }).lots).toBe(tried.at(-1) ?? 0)
      }),
      { numRuns: 500 },
    ))

  it('never shrinks as the limit grows', () =>
    assert(
      property(returns, small.limit, small.limit, small.lots, (given, one, other, lots) => {
        const question = { before: Float64Array.from(given), ofOneLot: Float64Array.from(given, loss => -loss / 7), lots }
        const [lower, upper] = [Math.min(one, other), Math.max(one, other)]
        expect(largestWithinCvar({ ...question, limit: lower }).lots).toBeLessThanOrEqual(
          largestWithinCvar({ ...question, limit: upper }).lots,
        )
      }),
      { numRuns: 500 },
    ))
})
