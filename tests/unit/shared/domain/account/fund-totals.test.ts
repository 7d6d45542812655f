import { describe, expect, it } from 'vitest'
import { type AccountFigures, fundTotals } from '../../../../../shared/domain/account/fund-totals.ts'
import { Decimal, ONE } from '../../../../../shared/domain/money/decimal.ts'

const account = (
  account_id: string,
  broker_id: string,
  currency: string,
  amounts: [string, string, string, string, string, string],
): AccountFigures => {
  const [equity, cash_balance, margin_used, margin_available, unrealized_pnl, realized_pnl] = amounts.map(text => new Decimal(text)) as [
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
    Decimal,
  ]
  return { account_id, broker_id, currency, equity, cash_balance, margin_used, margin_available, unrealized_pnl, realized_pnl }
}

const accounts = [
  account('A1', 'IBKR', 'USD', ['1000', '400', '300', '700', '-50', '20']),
  account('A2', 'IBKR', 'EUR', ['500', '100', '50', '450', '10', '0.1']),
  account('A3', 'BINANCE', 'USD', ['200.05', '200.05', '0', '200.05', '0', '0.2']),
]
const rates = new Map([
  ['USD', ONE],
  ['EUR', new Decimal('1.1')],
])

const texts = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

describe('totals of a fund', () => {
  it('are sums over its accounts in its currency', () => {
    expect(texts(fundTotals(accounts, rates))).toEqual({
      // 1,000 + 500 × 1.1 + 200.05
      total_equity: '1750.05',
      // 400 + 110 + 200.05
      total_cash: '710.05',
      // 300 + 55
      total_margin_used: '355',
      // 700 + 495 + 200.05
      total_margin_available: '1395.05',
      // −50 + 11
      total_unrealized_pnl: '-39',
      // 20 + 0.11 + 0.2
      total_realized_pnl: '20.31',
      // 355 / 1,750.05 = 0.20285… to 34 digits
      margin_utilization_pct: expect.stringMatching(/^20\.28513471043684/),
      broker_breakdown: [
        { broker_id: 'IBKR', equity: '1550', cash: '510', num_accounts: 2, accounts: ['A1', 'A2'] },
        { broker_id: 'BINANCE', equity: '200.05', cash: '200.05', num_accounts: 1, accounts: ['A3'] },
      ],
      num_brokers: 2,
      num_accounts: 3,
    })
  })

  it('are refused where a rate is missing', () => {
    expect(() => fundTotals(accounts, new Map([['USD', ONE]]))).toThrow('FX_UNAVAILABLE: currency=EUR, account_id=A2')
  })

  it('are zero without accounts, and utilization is zero without equity', () => {
    expect(texts(fundTotals([], rates))).toMatchObject({
      total_equity: '0',
      margin_utilization_pct: '0',
      broker_breakdown: [],
      num_accounts: 0,
    })
    const broke = account('A4', 'IBKR', 'USD', ['0', '0', '10', '0', '0', '0'])
    expect(texts(fundTotals([broke], rates))).toMatchObject({ total_margin_used: '10', margin_utilization_pct: '0' })
  })
})
