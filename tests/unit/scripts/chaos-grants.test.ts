import { describe, expect, it } from 'vitest'
import { grantsPastLimit } from '../../../scripts/chaos/watch-grants.ts'

const grant = (account_id: string, amount: number, equity: number) => ({
  account_id,
  amount,
  equity,
  amount_fund: amount,
  equity_fund: 1000,
})
const faults = (...reservations: object[]) => grantsPastLimit({ trading_mode: 'PAPER', reservations })

describe('grants in a margin ledger', () => {
  it('may come to 40 % of the equity they were judged by', () => {
    expect(faults(grant('A', 30, 100), grant('A', 10, 100), grant('B', 40, 100))).toEqual([])
  })

  it('are a fault where an account holds more', () => {
    expect(faults(grant('A', 30, 100), grant('A', 11, 100))).toEqual(['PAPER A: 41 was granted at once, past 40'])
  })

  it('are a fault where the fund holds more, though no account does', () => {
    expect(faults(grant('A', 300, 1000), grant('B', 101, 1000))).toEqual(['PAPER fund: 401 was granted at once, past 400'])
  })

  it('are judged by the highest equity, since what was granted by it stays granted when it falls', () => {
    expect(faults(grant('A', 38, 100), grant('A', 1, 96))).toEqual([])
  })
})
