import { describe, expect, it } from 'vitest'
import { leftByExits } from '../../../../../shared/domain/account/left-by-exits.ts'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'

const claim = (order_id: string, quantity: number) => ({ order_id, quantity: new Decimal(quantity) })
const left = (quantity: number, closing: ReturnType<typeof claim>[], exit?: ReturnType<typeof claim>) =>
  leftByExits({ quantity: new Decimal(quantity), closing }, exit).toNumber()

describe('what exits leave of a position', () => {
  it('is what none has claimed, long or short', () => {
    expect([left(10, []), left(-10, [claim('E1', 4)]), left(10, [claim('E1', 4), claim('E2', 5)])]).toEqual([10, 6, 1])
  })

  it('counts an exit once, whether it has claimed its part or not', () => {
    expect([left(10, [], claim('E1', 4)), left(10, [claim('E1', 4)], claim('E1', 4))]).toEqual([6, 6])
  })

  it('is never less than nothing', () => {
    expect([left(3, [claim('E1', 4)]), left(0, [])]).toEqual([0, 0])
  })
})
