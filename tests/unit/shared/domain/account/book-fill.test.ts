import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  averagePrice,
  type BookableFill,
  bookFill,
  emptyHolding,
  type Holding,
  signed,
  unrealizedPnl,
} from '../../../../../shared/domain/account/book-fill.ts'
import { Decimal, ONE, sum } from '../../../../../shared/domain/money/decimal.ts'

const time = new Date('2026-03-02T15:00:00Z')

const fill = (action: 'BUY' | 'SELL', quantity: string, price: string, execution_id = `${action}-${price}`): BookableFill => ({
  execution_id,
  action,
  quantity: new Decimal(quantity),
  price: new Decimal(price),
  time,
})

const booked = (fills: BookableFill[], multiplier = ONE): Holding =>
  fills.reduce((holding, each) => bookFill(holding, each, multiplier), emptyHolding)

const figures = ({ quantity, cost, realized_pnl, lots }: Holding) => ({
  quantity: quantity.toString(),
  cost: cost.toString(),
  realized_pnl: realized_pnl.toString(),
  lots: lots.map(lot => `${lot.quantity}@${lot.price}`),
})

describe('booking a fill', () => {
  it('adds to a long position at its own price', () => {
    // 10 × 100 + 10 × 110 = 2,100
    expect(figures(booked([fill('BUY', '10', '100'), fill('BUY', '10', '110')]))).toEqual({
      quantity: '20',
      cost: '2100',
      realized_pnl: '0',
      lots: ['10@100', '10@110'],
    })
  })

  it('leaves out what the broker kept as its fee, at what that cost', () => {
    // 0.9 + 0.0991 bought of 1 coin: 0.0009 and 0.0001 kept; cost 0.8991 × 100 + 0.0999 × 110 = 100.899; 0.999 sold at 120: 18.981
    const bought = [
      { ...fill('BUY', '0.9', '100'), fee_quantity: new Decimal('0.0009') },
      { ...fill('BUY', '0.1', '110'), fee_quantity: new Decimal('0.0001') },
    ]
    expect(figures(booked(bought))).toEqual({ quantity: '0.999', cost: '100.899', realized_pnl: '0', lots: ['0.8991@100', '0.0999@110'] })
    const sold = fill('SELL', '0.999', '120')
    expect(figures(booked([...bought, sold]))).toEqual({ quantity: '0', cost: '0', realized_pnl: '18.981', lots: [] })
    // A sale may cost coins as well: 0.5 sold and 0.0005 kept at 120, of a mean of 101
    const sale = { ...fill('SELL', '0.5', '120'), fee_quantity: new Decimal('0.0005') }
    expect(figures(booked([...bought, sale]))).toMatchObject({ quantity: '0.4985', cost: '50.3485', realized_pnl: '9.5095' })
  })

  it('realizes by average cost and takes the oldest lot first', () => {
    // average 105; 12 sold at 120: 12 × 15 = 180; left 8 × 105 = 840, of the second lot
    expect(figures(booked([fill('BUY', '10', '100'), fill('BUY', '10', '110'), fill('SELL', '12', '120')]))).toEqual({
      quantity: '8',
      cost: '840',
      realized_pnl: '180',
      lots: ['8@110'],
    })
  })

  it('gains on a short position that is bought back lower', () => {
    // 4 contracts at 50 a point, sold at 5,000, 1 bought back at 4,990: 10 × 50 = 500; left −3 × 5,000 × 50
    expect(figures(booked([fill('SELL', '4', '5000'), fill('BUY', '1', '4990')], new Decimal(50)))).toEqual({
      quantity: '-3',
      cost: '-750000',
      realized_pnl: '500',
      lots: ['-3@5000'],
    })
  })

  it('turns a long position short through zero: the old part is realized, the rest opens at the new price', () => {
    // 15 × (90 − 105) = −225; −5 × 90 = −450
    expect(figures(booked([fill('BUY', '15', '105'), fill('SELL', '20', '90')]))).toEqual({
      quantity: '-5',
      cost: '-450',
      realized_pnl: '-225',
      lots: ['-5@90'],
    })
  })

  it('turns a short position long through zero', () => {
    // 2 × (100 − 130) = −60; 3 × 130 = 390
    expect(figures(booked([fill('SELL', '2', '100'), fill('BUY', '5', '130')]))).toEqual({
      quantity: '3',
      cost: '390',
      realized_pnl: '-60',
      lots: ['3@130'],
    })
  })

  it('leaves nothing behind when a position is closed whole', () => {
    // bought for 0.3 × 10.1 = 3.03, sold in thirds for 0.3 × 10 = 3
    const sales = ['1', '2', '3'].map(each => fill('SELL', '0.1', '10', each))
    expect(figures(booked([fill('BUY', '0.3', '10.1'), ...sales]))).toEqual({
      quantity: '0',
      cost: '0',
      realized_pnl: '-0.03',
      lots: [],
    })
  })

  it('values what is open at a price', () => {
    // 2,100 / 20 = 105; short 3 contracts at 50: 3 × 50 × (5,000 − 5,010) = −1,500
    const long = booked([fill('BUY', '10', '100'), fill('BUY', '10', '110')])
    expect(averagePrice(long, ONE).toString()).toBe('105')
    expect(averagePrice(emptyHolding, ONE).toString()).toBe('0')
    const short = booked([fill('SELL', '3', '5000')], new Decimal(50))
    expect(averagePrice(short, new Decimal(50)).toString()).toBe('5000')
    expect(unrealizedPnl(short, new Decimal(5010), new Decimal(50)).toString()).toBe('-1500')
  })
})

/** Quantities of up to 8 decimals and prices of up to 4, as the instruments have them. */
const anyFill = record({
  action: constantFrom<('BUY' | 'SELL')[]>('BUY', 'SELL'),
  quantity: record({ units: integer({ min: 1, max: 100_000 }), decimals: constantFrom(0, 0, 2, 8) }),
  price: record({ units: integer({ min: 1, max: 2_000_000 }), decimals: constantFrom(2, 4) }),
})
type AnyFill = typeof anyFill extends { generate(...args: never[]): { value: infer T } } ? T : never

const scaled = ({ units, decimals }: { units: number; decimals: number }) => new Decimal(units).div(new Decimal(10).pow(decimals))

const concrete = (fills: AnyFill[]): BookableFill[] =>
  fills.map(({ action, quantity, price }, index) => ({
    execution_id: `${index}`,
    action,
    quantity: scaled(quantity),
    price: scaled(price),
    time,
  }))

const fillsAndMultiplier = [array(anyFill, { maxLength: 30 }), constantFrom('1', '0.1', '50', '100', '1000')] as const

describe('booking any fills', () => {
  it('keeps every cent: realized P&L less cost is what was paid in and out, to the last digit', () =>
    assert(
      property(...fillsAndMultiplier, (generated, multiplier) => {
        const fills = concrete(generated)
        const { realized_pnl, cost } = booked(fills, new Decimal(multiplier))
        const traded = sum(fills.map(({ action, quantity, price }) => signed(action, quantity).times(price).times(multiplier)))
        expect(realized_pnl.minus(cost).toString()).toBe(traded.neg().toString())
      }),
    ))

  it('holds lots that sum to the position and all lie on its side', () =>
    assert(
      property(...fillsAndMultiplier, (generated, multiplier) => {
        const fills = concrete(generated)
        const { quantity, lots } = booked(fills, new Decimal(multiplier))
        expect(quantity.toString()).toBe(sum(fills.map(each => signed(each.action, each.quantity))).toString())
        expect(sum(lots.map(lot => lot.quantity)).toString()).toBe(quantity.toString())
        expect(lots.every(lot => lot.quantity.isNegative() === quantity.isNegative())).toBe(true)
      }),
    ))

  it('keeps the newest lots, in the order they were opened', () =>
    assert(
      property(...fillsAndMultiplier, (generated, multiplier) => {
        const ids = booked(concrete(generated), new Decimal(multiplier)).lots.map(lot => Number(lot.execution_id))
        expect(ids).toEqual([...ids].sort((a, b) => a - b))
      }),
    ))

  it('costs nothing once flat', () =>
    assert(
      property(...fillsAndMultiplier, (generated, multiplier) => {
        const fills = concrete(generated)
        const { quantity } = booked(fills, new Decimal(multiplier))
        if (quantity.isZero()) return
        const closing: BookableFill = { ...fill(quantity.isNegative() ? 'BUY' : 'SELL', '1', '12.34'), quantity: quantity.abs() }
        expect(figures(booked([...fills, closing], new Decimal(multiplier)))).toMatchObject({ quantity: '0', cost: '0', lots: [] })
      }),
    ))
})
