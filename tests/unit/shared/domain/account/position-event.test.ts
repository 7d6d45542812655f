import { describe, expect, it } from 'vitest'
import { bookFill, emptyHolding } from '../../../../../shared/domain/account/book-fill.ts'
import { bookShare, type PositionChange, sharesOf } from '../../../../../shared/domain/account/position-event.ts'
import { Decimal, ONE } from '../../../../../shared/domain/money/decimal.ts'

const money = (text: string | number) => new Decimal(text)
const time = new Date('2026-03-02T21:00:00Z')
const event = (changes: Partial<PositionChange>): PositionChange => ({
  event_id: 'e1',
  type: 'EXPIRY',
  instrument_id: 'OPT',
  quantity_change: money(-10),
  ratio: null,
  price: null,
  into: null,
  ...changes,
})
const holders = [
  { strategy_id: 'A', quantity: money(6), avg_price: ONE },
  { strategy_id: 'B', quantity: money(4), avg_price: ONE },
]

describe('a position event', () => {
  it('is divided by how much each strategy holds, and what comes in place too', () => {
    const into = { instrument_id: 'STOCK', quantity_change: money(1000) }
    const shares = sharesOf(event({ type: 'ASSIGNMENT', into }), holders, money(90))
    expect(
      shares.map(({ strategy_id, instrument_id, quantity_change, price }) => [strategy_id, instrument_id, +quantity_change, +price]),
    ).toEqual([
      ['A', 'OPT', -6, 0],
      ['B', 'OPT', -4, 0],
      ['A', 'STOCK', 600, 90],
      ['B', 'STOCK', 400, 90],
    ])
  })

  it('leaves nothing over where it cannot be divided evenly', () => {
    const thirds = ['A', 'B', 'C'].map(strategy_id => ({ strategy_id, quantity: ONE, avg_price: ONE }))
    const shares = sharesOf(event({ quantity_change: money(-1) }), thirds, money(0))
    expect(shares.map(({ quantity_change }) => quantity_change.toFixed())).toEqual(['-0.33333333', '-0.33333333', '-0.33333334'])
  })

  it('concerns nobody where nobody holds the instrument', () => {
    expect(sharesOf(event({}), [{ strategy_id: 'A', quantity: money(0), avg_price: ONE }], money(0))).toEqual([])
  })

  it('splits units and prices, and realizes nothing', () => {
    const held = bookFill(emptyHolding, { execution_id: 'f1', action: 'BUY', quantity: money(10), price: money(120), time }, ONE)
    const [share] = sharesOf(
      event({ type: 'SPLIT', ratio: money(4), quantity_change: money(30) }),
      [{ strategy_id: 'A', quantity: money(10), avg_price: ONE }],
      money(0),
    )
    if (!share) throw new Error('no share')
    const after = bookShare(held, share, { multiplier: ONE, time })
    expect([+after.quantity, +after.cost, +after.realized_pnl]).toEqual([40, 1200, 0])
    expect(after.lots.map(({ quantity, price }) => [+quantity, +price])).toEqual([[40, 30]])
  })

  it('realizes what was paid when an option expires worthless', () => {
    const multiplier = money(100)
    const held = bookFill(emptyHolding, { execution_id: 'f1', action: 'BUY', quantity: money(2), price: money('2.5'), time }, multiplier)
    const [share] = sharesOf(event({ quantity_change: money(-2) }), [{ strategy_id: 'A', quantity: money(2), avg_price: ONE }], money(0))
    if (!share) throw new Error('no share')
    const after = bookShare(held, share, { multiplier, time })
    expect([+after.quantity, +after.realized_pnl]).toEqual([0, -500])
  })
})
