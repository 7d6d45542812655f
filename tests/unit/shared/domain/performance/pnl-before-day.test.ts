import { describe, expect, it } from 'vitest'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'
import { pnlBeforeDay, pnlOf } from '../../../../../shared/domain/performance/pnl-before-day.ts'

const money = (amount: number) => new Decimal(amount)

const held = (currency: string, realized: number, { fees = 0, unrealized = null as number | null, isNew = false } = {}) => ({
  currency,
  realized_pnl: money(realized),
  fees: money(fees),
  unrealized_pnl: unrealized === null ? null : money(unrealized),
  isNew,
})

const text = (amounts: Record<string, Decimal>) =>
  Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, amount.toString()]))

describe('what was made before a day', () => {
  it('is all of it where nothing happened since', () => {
    const all = [held('USD', -500, { fees: 10, unrealized: 30 }), held('CAD', 7)]
    expect(text(pnlOf(all))).toEqual({ USD: '-480', CAD: '7' })
    expect(text(pnlBeforeDay(all, []))).toEqual({ USD: '-480', CAD: '7' })
  })

  it('is without what the day’s fills realized and cost, and without positions that are new', () => {
    const all = [held('USD', -500, { fees: 10, unrealized: 30 }), held('USD', 0, { fees: 1, unrealized: -40, isNew: true })]
    // of −500 − 10 + 30 − 1 − 40 = −521, today made −60 − 3 (an exit), −1 (the entry's fee) and −40
    const fills = [
      { currency: 'USD', realized_pnl: money(-60), commission: money(3) },
      { currency: 'USD', realized_pnl: money(0), commission: money(1) },
    ]
    expect(text(pnlBeforeDay(all, fills))).toEqual({ USD: '-417' })
  })
})
