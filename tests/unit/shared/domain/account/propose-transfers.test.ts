import { describe, expect, it } from 'vitest'
import { proposeTransfers, type TransferableAccount } from '../../../../../shared/domain/account/propose-transfers.ts'
import { Decimal } from '../../../../../shared/domain/money/decimal.ts'

const account = (account_id: string, margin_used: number, changes: Partial<TransferableAccount> = {}): TransferableAccount => ({
  account_id,
  broker_id: 'B',
  currency: 'USD',
  trading_mode: 'PAPER',
  equity: new Decimal(1000),
  cash_balance: new Decimal(1000),
  margin_used: new Decimal(margin_used),
  ...changes,
})

const told = (accounts: TransferableAccount[]) =>
  proposeTransfers(accounts).map(({ from_account, to_account, amount }) => `${from_account} → ${to_account}: ${amount.toFixed()}`)

describe('proposed transfers', () => {
  it('bring an account above 35 % back to 30 %, from a sibling that stays below 20 %', () => {
    // 360 is 30 % of 1,200.
    expect(told([account('high', 360), account('low', 100)])).toEqual(['low → high: 200'])
    // 100 is 20 % of 500, so that 500 is the most; 480 would be 30 % of 1,600.
    expect(told([account('high', 480), account('low', 100)])).toEqual(['low → high: 500'])
  })

  it('begin above 35 %, not at it, and take from below 20 %, not at it', () => {
    expect(told([account('high', 350), account('low', 0)])).toEqual([])
    expect(told([account('high', 360), account('low', 200)])).toEqual([])
  })

  it('take no more than there is in cash, from whoever has most to give', () => {
    const poor = account('poor', 0, { cash_balance: new Decimal(50) })
    expect(told([account('high', 360), poor])).toEqual(['poor → high: 50'])
    expect(told([account('high', 360), poor, account('rich', 10)])).toEqual(['rich → high: 200'])
    expect(told([account('high', 360), account('broke', 0, { cash_balance: new Decimal(-5) })])).toEqual([])
  })

  it('stay within a broker, a currency and a mode', () => {
    for (const other of [{ broker_id: 'C' }, { currency: 'EUR' }, { trading_mode: 'LIVE' as const }]) {
      expect(told([account('high', 360), account('low', 0, other)])).toEqual([])
    }
  })

  it('leave out accounts without equity', () => {
    expect(told([account('gone', 10, { equity: new Decimal(0) }), account('low', 0)])).toEqual([])
  })
})
