import { describe, expect, it } from 'vitest'
import { Decimal, floorToStep, sum } from '../../../../../shared/domain/money/decimal.ts'

describe('decimal', () => {
  it('adds what binary fractions cannot', () => {
    expect(new Decimal('0.1').plus('0.2').toString()).toBe('0.3')
  })

  it('keeps 34 significant digits', () => {
    expect(new Decimal(1).div(3).toString()).toBe(`0.${'3'.repeat(34)}`)
  })

  it('rounds a half to the even neighbour', () => {
    // 35 digits each; the last one is a half of the 34th
    expect(new Decimal(`1${'0'.repeat(32)}05`).plus(0).toFixed()).toBe(`1${'0'.repeat(34)}`)
    expect(new Decimal(`1${'0'.repeat(32)}15`).plus(0).toFixed()).toBe(`1${'0'.repeat(32)}20`)
  })

  it('is never written with an exponent', () => {
    expect(new Decimal('0.00000000000000000001').toString()).toBe('0.00000000000000000001')
    expect(new Decimal('1e30').toString()).toBe(`1${'0'.repeat(30)}`)
  })

  it('sums in any number, none included', () => {
    expect(sum([]).toString()).toBe('0')
    expect(sum(['0.1', '0.2', '-0.3'].map(text => new Decimal(text))).toString()).toBe('0')
  })

  it('cuts to a whole number of steps towards zero', () => {
    expect(floorToStep(new Decimal('0.0379'), new Decimal('0.001')).toString()).toBe('0.037')
    expect(floorToStep(new Decimal('-7.5'), new Decimal('2')).toString()).toBe('-6')
    expect(floorToStep(new Decimal('0.9'), new Decimal('1')).toString()).toBe('0')
  })
})
