import { describe, expect, it } from 'vitest'
import { counterfactualPnl } from '../../../../../shared/domain/decision/counterfactual.ts'
import { money } from './state-of.ts'

describe('what a dropped entry would have made', () => {
  it('is what its price moved by until its exit, by quantity and multiplier', () => {
    // 4 contracts of 50 a point, bought at 5,000, sold at 5,010: 4 × 50 × 10
    const bought = { action: 'BUY' as const, quantity: money(4), price: money(5000), multiplier: money(50) }
    expect(counterfactualPnl(bought, money(5010))).toEqual({ pnl: money(2000), pnl_pct: 0.2 })
    expect(counterfactualPnl({ ...bought, action: 'SELL' }, money(5010))).toEqual({ pnl: money(-2000), pnl_pct: -0.2 })
  })

  it('tells the percentage where it was sized at nothing', () => {
    const nothing = { action: 'SELL' as const, quantity: money(0), price: money(200), multiplier: money(1) }
    expect(counterfactualPnl(nothing, money(190))).toMatchObject({ pnl_pct: 5 })
  })
})
