import { describe, expect, it } from 'vitest'
import { borrowsOnly, type MarginQuestion, marginNeed } from '../../../../../shared/domain/account/margin-pool.ts'
import type { Instrument } from '../../../../../shared/domain/instrument.ts'
import { Decimal, ONE } from '../../../../../shared/domain/money/decimal.ts'

const stock: Instrument = {
  instrument_id: 'AAPL',
  symbol: 'AAPL',
  asset_class: 'EQUITY',
  currency: 'USD',
  multiplier: ONE,
  lot: ONE,
  margin_pct: new Decimal(25),
}
const future: Instrument = {
  ...stock,
  instrument_id: 'ES',
  asset_class: 'FUTURE',
  multiplier: new Decimal(50),
  margin_pct: new Decimal(10),
  margin_per_lot: new Decimal(15_000),
}

const asked = (changes: Partial<MarginQuestion>) => {
  const { margin, cash } = marginNeed({
    account_type: 'MARGIN',
    instrument: stock,
    action: 'BUY',
    quantity: new Decimal(100),
    price: new Decimal(200),
    fx: ONE,
    free_cash: new Decimal(5000),
    ...changes,
  })
  return { margin: margin.toString(), cash: cash.toString() }
}

describe('what an entry takes of an account', () => {
  it('takes the percentage of its value where the broker lends', () => {
    // 100 × 200 × 25 %
    expect(asked({})).toEqual({ margin: '5000', cash: '0' })
  })

  it('takes the margin of each contract before any percentage', () => {
    expect(asked({ account_type: 'FUTURES', instrument: future, quantity: new Decimal(3) })).toEqual({ margin: '45000', cash: '0' })
  })

  it('takes the whole value where the instrument has no margin rule', () => {
    expect(asked({ instrument: { ...stock, margin_pct: null } })).toEqual({ margin: '20000', cash: '0' })
  })

  it('is told in the account’s currency', () => {
    // 5,000 EUR at 1.1
    expect(asked({ fx: new Decimal('1.1') })).toEqual({ margin: '5500', cash: '0' })
  })

  it('pays from cash first in an account that pays in full, and borrows the rest', () => {
    expect(asked({ account_type: 'CASH' })).toEqual({ margin: '15000', cash: '5000' })
    expect(asked({ account_type: 'CRYPTO', free_cash: new Decimal(50_000) })).toEqual({ margin: '0', cash: '20000' })
  })

  it('borrows everything where cash is below zero, and for a sale', () => {
    expect(asked({ account_type: 'CASH', free_cash: new Decimal(-1) })).toEqual({ margin: '20000', cash: '0' })
    expect(asked({ account_type: 'CASH', action: 'SELL' })).toEqual({ margin: '20000', cash: '0' })
  })

  it('tells which accounts pay in full', () => {
    expect(['MARGIN', 'CASH', 'FUTURES', 'OPTIONS', 'CRYPTO'].filter(borrowsOnly)).toEqual(['CASH', 'CRYPTO'])
  })
})
