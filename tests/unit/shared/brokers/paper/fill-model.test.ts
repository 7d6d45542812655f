import { assert, constantFrom, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideExecutions, defaultFillModel, type Taker } from '../../../../../shared/brokers/paper/fill-model.ts'
import { Decimal, ONE, sum } from '../../../../../shared/domain/money/decimal.ts'
import { money, shown } from './samples.ts'

const order: Taker = {
  action: 'BUY',
  quantity: money(100),
  quoted: money('100.02'),
  displayed: null,
  tick: money('0.01'),
  lot: ONE,
  multiplier: ONE,
}

const executions = (changes: Partial<Taker>, asset_class: keyof typeof defaultFillModel.terms = 'EQUITY') =>
  decideExecutions({ ...order, ...changes }, defaultFillModel.terms[asset_class], defaultFillModel).map(shown)

describe('the fill model', () => {
  it('buys at the ask plus half a basis point, rounded up to a tick, for the least fee', () => {
    // 100.02 × 1.00005 = 100.025001 → 100.03; 0.5 bp of 10,003 = 0.50015 < 1
    expect(executions({})).toEqual([{ price: '100.03', quantity: '100', commission: '1' }])
  })

  it('sells at the bid less half a basis point, rounded down to a tick', () => {
    // 100.02 × 0.99995 = 100.014999 → 100.01
    expect(executions({ action: 'SELL' })).toEqual([{ price: '100.01', quantity: '100', commission: '1' }])
  })

  it('charges basis points of the whole value, multiplier included, where that is more', () => {
    // 5,000 × 1.00005 = 5,000.25; 40 × 5,000.25 × 50 = 10,000,500; 0.1 bp = 100.005
    expect(executions({ quoted: money(5000), tick: money('0.25'), quantity: money(40), multiplier: money(50) }, 'FUTURE')).toEqual([
      { price: '5000.25', quantity: '40', commission: '100.005' },
    ])
  })

  it('fills what exceeds the displayed size a tick worse each time', () => {
    // 0.5 bp of 3,000.9, 3,001.2 and 1,000.5: 0.150045 + 0.15006 + 0.050025 = 0.35013; the first bears the 0.64987 up to 1
    expect(executions({ quantity: money(70), displayed: money(30) })).toEqual([
      { price: '100.03', quantity: '30', commission: '0.799915' },
      { price: '100.04', quantity: '30', commission: '0.15006' },
      { price: '100.05', quantity: '10', commission: '0.050025' },
    ])
  })

  it('gives the fifth execution all that is left', () => {
    const all = executions({ action: 'SELL', quantity: money(1000), displayed: money(10) })
    expect(all.map(({ price, quantity }) => `${quantity}@${price}`)).toEqual(['10@100.01', '10@100', '10@99.99', '10@99.98', '960@99.97'])
  })

  it('takes the displayed size in whole lots, and one lot at least', () => {
    const lot = money(1000)
    const quantities = (displayed: number) =>
      executions({ quantity: money(3000), lot, displayed: money(displayed) }, 'FOREX').map(({ quantity }) => quantity)
    expect(quantities(2500)).toEqual(['2000', '1000'])
    expect(quantities(1)).toEqual(['1000', '1000', '1000'])
  })

  it('never sells for less than a tick', () => {
    expect(executions({ action: 'SELL', quoted: money('0.01'), quantity: money(20), displayed: money(10) })).toMatchObject([
      { price: '0.01', quantity: '10' },
      { price: '0.01', quantity: '10' },
    ])
  })

  it('fills every order whole, on ticks, never better than quoted, in at most five executions', () =>
    assert(
      property(
        constantFrom<('BUY' | 'SELL')[]>('BUY', 'SELL'),
        integer({ min: 1, max: 5000 }),
        integer({ min: 1, max: 3000 }),
        integer({ min: 1, max: 1_000_000 }),
        (action, quantity, displayed, cents) => {
          const quoted = money(cents).div(100)
          const all = decideExecutions(
            { ...order, action, quantity: money(quantity), displayed: money(displayed), quoted },
            defaultFillModel.terms.EQUITY,
            defaultFillModel,
          )
          expect(sum(all.map(each => each.quantity)).toString()).toBe(`${quantity}`)
          expect(all.length).toBeLessThanOrEqual(5)
          expect(all.every(({ price }) => price.times(100).isInteger() && price.gt(0))).toBe(true)
          const least = Decimal.max(quoted, '0.01')
          expect(all.every(({ price }) => (action === 'BUY' ? price.gte(quoted) : price.lte(least)))).toBe(true)
        },
      ),
    ))
})
