import { describe, expect, it } from 'vitest'
import { toldBefore } from '../../../../../shared/domain/decision/told-before.ts'
import { crypto, legOf, money, stock } from './state-of.ts'

const signal = (action: 'BUY' | 'SELL', quantity: number | null, after: number | null = null) => ({
  legs: [legOf(stock, { action, requested_quantity: quantity === null ? null : money(quantity) })],
  position_after: after === null ? null : money(after),
})

/** Newest first. */
const toldBy = (signals: ReturnType<typeof signal>[], all = true) =>
  toldBefore(signals, { instrument_id: stock.instrument_id, all })?.toString() ?? null

describe('what a sender held before a signal', () => {
  it('is what the signal before it told', () => {
    expect(toldBy([signal('SELL', null, -3), signal('BUY', 5)])).toBe('-3')
  })

  it('is what they told last and what they asked for since', () => {
    expect(toldBy([signal('SELL', 2), signal('BUY', 10), signal('BUY', 1, 5), signal('BUY', null)])).toBe('13')
  })

  it('begins with nothing', () => {
    expect(toldBy([signal('SELL', 40), signal('BUY', 100)])).toBe('60')
  })

  it('is not known where a quantity is missing, not all was looked at, or nothing was sent', () => {
    expect(toldBy([signal('SELL', 40), signal('BUY', null)])).toBeNull()
    expect(toldBy([signal('SELL', 40), signal('BUY', 100)], false)).toBeNull()
    expect(toldBy([])).toBeNull()
  })

  it('counts every leg in the instrument, and a position only of the first', () => {
    const pair = { legs: [legOf(crypto, { requested_quantity: money(1) }), legOf(stock, { requested_quantity: money(7) })] }
    expect(toldBy([{ ...pair, position_after: money(1) }, signal('BUY', 5, 5)])).toBe('12')
  })
})
