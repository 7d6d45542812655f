import { describe, expect, it } from 'vitest'
import { pathPrice } from '../../../../../scripts/local/market/path.ts'
import { ratesOf } from '../../../../../scripts/local/market/rates.ts'
import { walks } from '../../../../../scripts/local/market/walks.ts'

describe('rates into USD', () => {
  it('has one for every currency of the demo, the same whenever it is asked', () => {
    const rates = ratesOf('seed', '2026-03-04')
    expect(rates.map(({ currency }) => currency).sort()).toEqual(['AUD', 'CAD', 'EUR', 'GBP', 'INR', 'JPY', 'USDT'])
    expect(rates.every(({ rate }) => rate.gt(0))).toBe(true)
    expect(ratesOf('seed', '2026-03-04')).toEqual(rates)
  })

  it('agrees with the pair that is quoted', () => {
    const walk = walks['FOREX:EURUSD'] ?? { start: 0, volatility: 0 }
    const atMs = Date.parse('2026-03-04T00:00:00Z')
    const euro = ratesOf('seed', '2026-03-04').find(({ currency }) => currency === 'EUR')
    expect(euro?.rate.toNumber()).toBeCloseTo(pathPrice({ seed: 'seed', name: 'FOREX:EURUSD', walk, atMs }), 4)
  })
})
