import { describe, expect, it } from 'vitest'
import type { TradingAccount } from '../../../../../shared/domain/decision/state.ts'
import type { Instrument } from '../../../../../shared/domain/instrument.ts'
import { ONE } from '../../../../../shared/domain/money/decimal.ts'
import type { Candidate } from '../../../../../shared/domain/risk/check.ts'
import { entryMargin, marginLimit } from '../../../../../shared/domain/risk/margin-limit.ts'
import { account, crypto, future, legOf, money, now, pool, signalOf, stateOf, stock } from '../decision/state-of.ts'

interface Asked {
  of?: Instrument
  action?: 'BUY' | 'SELL'
  price?: number
  in?: Partial<TradingAccount>
  /** Margin that the fund has free, of an equity of 1,000,000. */
  fund_free?: number
  rates?: [string, string][]
}

const candidate = ({ of = stock, action = 'BUY', price = 100, in: within = {}, fund_free = 400_000, rates = [] }: Asked): Candidate => {
  const leg = legOf(of, { action })
  const state = stateOf({
    account: account(within),
    fund: { currency: 'USD', pool: pool({ free: money(fund_free), equity: money(1_000_000) }) },
    rates: new Map([['USD', ONE], ...rates.map(([currency, rate]) => [currency, money(rate)] as const)]),
  })
  const amounts = { allocation_pct: ONE, allocated_capital: ONE, deployed: ONE, available_capital: ONE, wanted_quantity: ONE }
  return { signal: signalOf([leg]), leg, now, state, instrument: of, price: money(price), fx: ONE, ...amounts }
}

/** The granted quantity, or the code of the denial. */
const granted = (proposed: number, asked: Asked): string => {
  const result = marginLimit(money(proposed), candidate(asked))
  return result.kind === 'sized' ? result.quantity.toString() : result.code
}

const needed = (quantity: number, asked: Asked) => {
  const need = entryMargin(candidate(asked), money(quantity))
  return need && [need.amount, need.cash, need.amount_fund].map(String)
}

describe('the margin limit of an account that the broker lends to', () => {
  const free = (amount: number) => ({ in: { pool: pool({ free: money(amount) }) } })

  it('leaves an entry that fits as it is, up to the last cent', () => {
    // 1,000 × 100 × 25 % = 25,000
    expect(granted(1000, free(25_000))).toBe('1000')
    expect(granted(1000, free(24_999.99))).toBe('999')
  })

  it('cuts to what is free in the fund', () => {
    expect(granted(1000, { fund_free: 5_000 })).toBe('200')
  })

  it('denies where not one lot fits, or margin is over the limit already', () => {
    expect(granted(1000, free(24))).toBe('MARGIN_EXCEEDED')
    expect(granted(1000, free(-1))).toBe('MARGIN_EXCEEDED')
    expect(granted(1000, { fund_free: -1 })).toBe('MARGIN_EXCEEDED')
  })

  it('says how much of both equities would be in use', () => {
    // account: 500,000 with 170,000 free = 30,000 used (6 %), and 25,000 more (5 %); fund: 1,000,000 with 300,000 free = 10 % + 2.5 %
    expect(marginLimit(money(1000), candidate({ ...free(170_000), fund_free: 300_000 }))).toEqual({
      kind: 'sized',
      quantity: money(1000),
      figures: {
        needed_pct: '11.00',
        needed_fund_pct: '12.50',
        limit_pct: '40',
        margin: '25000.00',
        free: '170000.00',
        free_fund: '300000.00',
      },
    })
  })

  it('says so where there is no equity', () => {
    const empty = { in: { pool: pool({ free: money(0), equity: money(0) }) } }
    expect(marginLimit(money(1), candidate(empty))).toMatchObject({ code: 'MARGIN_EXCEEDED', figures: { needed_pct: 'no equity' } })
  })

  it('takes a SELL that opens like a BUY', () => {
    expect(granted(1000, { ...free(10_000), action: 'SELL' })).toBe('400')
  })

  it('cuts in the account’s currency and in the fund’s', () => {
    // in EUR at 1.25 USD: a share takes 25 USD = 20 EUR; 10,000 EUR are free → 500
    const rates: [string, string][] = [['EUR', '1.25']]
    expect(granted(1000, { rates, in: { currency: 'EUR', pool: pool({ free: money(10_000) }) } })).toBe('500')
    // the fund has 2,500 USD free → 100
    expect(granted(1000, { rates, in: { currency: 'EUR' }, fund_free: 2_500 })).toBe('100')
    expect(needed(100, { rates, in: { currency: 'EUR' } })).toEqual(['2000', '0', '2500'])
  })
})

describe('an exact fit', () => {
  /** What 211 shares at 100 take, 5,275 USD, is all that the fund has; in EUR it has no end. */
  const exact = { rates: [['EUR', '1.1']] as [string, string][], in: { currency: 'EUR' }, fund_free: 5_275 }

  it('is granted whole, and reserves no more than is free to the last digit', () => {
    expect(granted(1000, exact)).toBe('211')
    expect(entryMargin(candidate(exact), money(211))?.amount_fund.toString()).toBe('5275')
  })

  it('plans amounts that the ledger can add without rounding', () => {
    // 25 / 1.1 × 211 = 4,795.4545…, to 16 decimals
    expect(entryMargin(candidate(exact), money(211))?.amount.toString()).toBe('4795.4545454545454545')
  })
})

describe('the margin limit of a futures account', () => {
  it('counts each contract', () => {
    // 15,000 a contract: 100,000 carry 6
    expect(granted(10, { of: future, price: 5000, in: { account_type: 'FUTURES', pool: pool({ free: money(100_000) }) } })).toBe('6')
    expect(needed(6, { of: future, price: 5000, in: { account_type: 'FUTURES' } })).toEqual(['90000', '0', '90000'])
  })
})

describe.each(['CASH', 'CRYPTO'])('the margin limit of a %s account', account_type => {
  const has = (cash: number, free: number) => ({
    of: crypto,
    price: 60_000,
    in: { account_type, pool: pool({ cash: money(cash), free: money(free) }) },
  })

  it('counts nothing that cash pays for', () => {
    // 1.5 coins = 90,000, paid in cash
    expect(granted(1.5, has(100_000, 0))).toBe('1.5')
    expect(needed(1.5, has(100_000, 0))).toEqual(['0', '90000', '0'])
  })

  it('counts only what is borrowed beyond cash', () => {
    // 2 coins = 120,000: 20,000 are borrowed
    expect(granted(2, has(100_000, 200_000))).toBe('2')
    expect(needed(2, has(100_000, 200_000))).toEqual(['20000', '100000', '20000'])
  })

  it('cuts to cash and what may be borrowed together, in whole lots', () => {
    // 100,000 + 5,000 = 105,000 / 60,000 = 1.75 → lots of 0.001
    expect(granted(2, has(100_000, 5_000))).toBe('1.75')
    // 105,059 / 60,000 = 1.75098…
    expect(granted(2, has(100_000, 5_059))).toBe('1.75')
  })

  it('denies where neither cash nor free margin buys a lot', () => {
    expect(granted(2, has(59, 0))).toBe('MARGIN_EXCEEDED')
    expect(granted(2, has(-100, 59))).toBe('MARGIN_EXCEEDED')
  })

  it('borrows the whole value of what is sold short', () => {
    expect(needed(1, { ...has(100_000, 0), action: 'SELL' })).toEqual(['60000', '0', '60000'])
    expect(granted(1, { ...has(100_000, 30_000), action: 'SELL' })).toBe('0.5')
  })
})
