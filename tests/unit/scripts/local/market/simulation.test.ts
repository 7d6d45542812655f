import { describe, expect, it } from 'vitest'
import { simulateMarket } from '../../../../../scripts/local/market/simulation.ts'

const instruments = [
  { instrument_id: 'EQUITY:AAPL', tick: '0.01', lot: '1', calendar: 'XNYS' },
  { instrument_id: 'FUTURE:ES', tick: '0.25', lot: '1', calendar: 'CME' },
]
const walks = { 'EQUITY:AAPL': { start: 200, volatility: 0.25 }, 'FUTURE:ES': { start: 5000, volatility: 0.15 } }
const market = (seed = 'one', hours = false) => simulateMarket({ seed, instruments, walks, hours })
const at = (seconds: number) => new Date(Date.parse('2026-03-04T15:00:00Z') + seconds * 1000)

/** The quotes of an hour, one a second. */
const hour = (of: ReturnType<typeof market>, id = 'EQUITY:AAPL') =>
  Array.from({ length: 3600 }, (_, second) => of.quote(id, at(second))).filter(quote => quote !== null)

describe('simulated market', () => {
  it('gives the same quotes whenever it is started', () => {
    expect(hour(market())).toEqual(hour(market()))
  })

  it('gives other quotes for another seed', () => {
    expect(hour(market('two'))).not.toEqual(hour(market('one')))
  })

  it('quotes on the tick, the bid below the ask', () => {
    for (const { bid, ask, last } of hour(market(), 'FUTURE:ES')) {
      expect(bid.lt(ask)).toBe(true)
      expect([bid, ask, last].map(price => price.mod('0.25').toNumber())).toEqual([0, 0, 0])
    }
  })

  it('moves, but by less than 0.2 % a second', () => {
    const prices = hour(market()).map(({ last }) => last.toNumber())
    const moves = prices.slice(1).map((price, index) => Math.abs(price / (prices[index] ?? 0) - 1))
    expect(Math.max(...moves)).toBeLessThan(0.002)
    expect(new Set(prices).size).toBeGreaterThan(50)
  })

  it('moves a price by a shock, and keeps it there', () => {
    const shocked = market()
    const before = shocked.quote('EQUITY:AAPL', at(0))?.last.toNumber() ?? 0
    expect(shocked.shock({ instrument_id: 'EQUITY:AAPL', pct: -10 })).toBe(true)
    expect(shocked.quote('EQUITY:AAPL', at(0))?.last.toNumber()).toBeCloseTo(before * 0.9, 1)
    const restarted = simulateMarket({ seed: 'one', instruments, walks, hours: false, shocks: shocked.shocks() })
    expect(restarted.quote('EQUITY:AAPL', at(9))).toEqual(shocked.quote('EQUITY:AAPL', at(9)))
  })

  it('knows nothing of instruments that it does not trade', () => {
    expect(market().quote('EQUITY:MSFT', at(0))).toBeNull()
    expect(market().shock({ instrument_id: 'EQUITY:MSFT', pct: 1 })).toBe(false)
  })

  it('stands still outside the hours of the calendar', () => {
    const [night, later] = ['2026-03-05T02:00:00Z', '2026-03-05T03:00:00Z'].map(time =>
      market('one', true).quote('EQUITY:AAPL', new Date(time)),
    )
    expect(night).toMatchObject({ open: false, as_of: new Date('2026-03-04T21:00:00Z') })
    expect(later).toEqual(night)
  })
})
