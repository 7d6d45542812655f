import { describe, expect, it } from 'vitest'
import { finishTrades, readTradeLine, startTrades } from '../../../../../shared/domain/backtest/trade-reader.ts'

const read = (...lines: string[]) => {
  const reading = startTrades()
  for (const line of lines) readTradeLine(reading, line)
  return finishTrades(reading)
}

describe('a file of trades', () => {
  // (2 % − 1 % + 2 %) ÷ 3 = 1 %; held 2, 1 (the same day counts as one) and 3 days
  it('gives the mean return of a trade and how long it was held', () => {
    const result = read(
      'entry_date,exit_date,return',
      '2024-01-02,2024-01-04,0.02',
      '2024-01-05,2024-01-05,-0.01',
      '2024-01-05,2024-01-08,0.02',
    )
    expect(result).toMatchObject({ kind: 'trades', trades: { num_trades: 3, mean_holding_days: 2 } })
    expect(result.kind === 'trades' && result.trades.mean_trade_return).toBeCloseTo(0.01, 12)
  })

  it('lists every wrong line by its number', () => {
    const result = read('entry_date,exit_date,return', '2024-01-02,never,0.02', '2024-01-05,2024-01-04,0.1', '2024-01-05,2024-01-08,x')
    expect(result.kind === 'faults' && result.faults.map(({ line, code }) => `${line} ${code}`)).toEqual([
      '2 NOT_A_DATE',
      '3 UNSORTED',
      '4 NOT_A_NUMBER',
    ])
  })

  it('says which columns it takes, and that it holds none', () => {
    expect(read('a,b,c', '1,2,3')).toMatchObject({ kind: 'faults', count: 1, faults: [{ line: 1, code: 'COLUMNS' }] })
    expect(read('entry_date,exit_date,return')).toMatchObject({ kind: 'faults', faults: [{ code: 'TOO_SHORT' }] })
  })
})
