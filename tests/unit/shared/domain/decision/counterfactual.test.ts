import { describe, expect, it } from 'vitest'
import { counterfactualPnl, feeRate } from '../../../../../shared/domain/decision/counterfactual.ts'
import { money } from './state-of.ts'

const free = money(0)

describe('what a dropped entry would have made', () => {
  it('is what its price moved by until its exit, by quantity and multiplier', () => {
    // 4 contracts of 50 a point, bought at 5,000, sold at 5,010: 4 × 50 × 10
    const bought = { action: 'BUY' as const, quantity: money(4), price: money(5000), multiplier: money(50) }
    expect(counterfactualPnl(bought, { exit: money(5010), fee_rate: free })).toEqual({ pnl: money(2000), fees: money(0), pnl_pct: 0.2 })
    expect(counterfactualPnl({ ...bought, action: 'SELL' }, { exit: money(5010), fee_rate: free })).toMatchObject({ pnl: money(-2000) })
  })

  it('is less the fees of entry and exit', () => {
    // 10 at 100 and at 110 are 1,000 and 1,100; a thousandth of both is 2.1
    const bought = { action: 'BUY' as const, quantity: money(10), price: money(100), multiplier: money(1) }
    const made = counterfactualPnl(bought, { exit: money(110), fee_rate: money('0.001') })
    expect([made.pnl.toString(), made.fees.toString(), made.pnl_pct.toFixed(6)]).toEqual(['97.9', '2.1', '9.790000'])
  })

  it('tells the percentage where it was sized at nothing', () => {
    const nothing = { action: 'SELL' as const, quantity: money(0), price: money(200), multiplier: money(1) }
    expect(counterfactualPnl(nothing, { exit: money(190), fee_rate: free })).toMatchObject({ pnl_pct: 5 })
  })
})

describe('what fees take of the value traded', () => {
  const fill = (instrument_id: string, commission: number) => ({
    instrument_id,
    quantity: money(2),
    price: money(100),
    multiplier: money(5),
    commission: money(commission),
  })

  it('is the mean of the instrument’s fills', () => {
    // 3 of 2 × 1,000, whatever the other instrument costs
    expect(feeRate([fill('A', 1), fill('A', 2), fill('B', 500)], 'A').toString()).toBe('0.0015')
  })

  it('is that of all fills where the instrument has none, and nothing where there is none at all', () => {
    expect(feeRate([fill('B', 1), fill('C', 2)], 'A').toString()).toBe('0.0015')
    expect(feeRate([], 'A').toString()).toBe('0')
  })
})
