import { describe, expect, it } from 'vitest'
import { deleverage, marginUse } from '../../../../../shared/domain/account/deleverage.ts'
import { money } from '../decision/state-of.ts'

const held = (instrument_id: string, quantity: number, claimed = 0) => ({
  instrument_id,
  quantity: money(quantity),
  closing: claimed > 0 ? [{ quantity: money(claimed) }] : [],
})

const closesOf = (equity: number, margin_used: number, positions: ReturnType<typeof held>[], lots: Record<string, number> = {}) =>
  deleverage({
    equity: money(equity),
    margin_used: money(margin_used),
    limit_pct: money(40),
    deleverage_pct: money(60),
    held: positions,
    lotOf: id => money(lots[id] ?? 1),
  }).map(({ held: { instrument_id }, action, quantity }) => `${action} ${quantity} ${instrument_id}`)

describe('the use of margin', () => {
  it('is its share of equity in percent', () => {
    expect(marginUse({ equity: money(200), margin_used: money(50) }).toString()).toBe('25')
  })

  it('is beyond everything without equity, and nothing without margin', () => {
    expect(marginUse({ equity: money(0), margin_used: money(1) }).isFinite()).toBe(false)
    expect(marginUse({ equity: money(-5), margin_used: money(0) }).toString()).toBe('0')
  })
})

describe('closing positions pro rata', () => {
  it('begins at its level, not before', () => {
    expect(closesOf(1000, 599, [held('A', 100)])).toEqual([])
    // 600 → 400 of 1,000: a third of everything
    expect(closesOf(1000, 600, [held('A', 99), held('B', -30)])).toEqual(['SELL 33 A', 'BUY 10 B'])
  })

  it('rounds up to whole lots, and closes no more than there is', () => {
    // 800 → 400: half of 5 is 2.5, half of 3,000 in lots of 1,000 is two lots, half of one lot is that lot
    expect(closesOf(1000, 800, [held('A', 5), held('B', 3000), held('C', 1000)], { B: 1000, C: 1000 })).toEqual([
      'SELL 3 A',
      'SELL 2000 B',
      'SELL 1000 C',
    ])
  })

  it('counts what exits are closing already', () => {
    expect(closesOf(1000, 800, [held('A', 100, 20), held('B', 100, 60)])).toEqual(['SELL 30 A'])
  })

  it('closes everything where no equity is left', () => {
    expect(closesOf(-10, 800, [held('A', 100)])).toEqual(['SELL 100 A'])
  })
})
