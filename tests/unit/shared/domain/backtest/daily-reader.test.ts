import { describe, expect, it } from 'vitest'
import { finishDaily, readDailyLine, startDaily } from '../../../../../shared/domain/backtest/daily-reader.ts'

const read = (...lines: string[]) => {
  const reading = startDaily()
  for (const line of lines) readDailyLine(reading, line)
  return finishDaily(reading)
}

const seriesOf = (...lines: string[]) => {
  const result = read(...lines)
  if (result.kind === 'faults') throw new Error(JSON.stringify(result.faults))
  return result.series
}

const faultsOf = (...lines: string[]) => {
  const result = read(...lines)
  return result.kind === 'faults' ? result.faults.map(({ line, code }) => `${line} ${code}`) : []
}

describe('a daily backtest', () => {
  it('is read from returns', () => {
    expect(seriesOf('date,return', '2024-01-02,0.01', '2024-01-03,-0.02', '')).toEqual({
      dates: ['2024-01-02', '2024-01-03'],
      daily_returns: [0.01, -0.02],
      daily_margin: null,
      daily_equity: null,
    })
  })

  // 100 → 110 is 10 %, 110 → 99 is −10 %; the first day has nothing to be compared with
  it('is read from equity', () => {
    const { dates, daily_returns, daily_equity } = seriesOf('Date, Equity', '2024-01-02,100', '2024-01-03,110', '2024-01-04,99')
    expect(dates).toEqual(['2024-01-03', '2024-01-04'])
    expect(daily_returns[0]).toBeCloseTo(0.1, 12)
    expect(daily_returns[1]).toBeCloseTo(-0.1, 12)
    expect(daily_equity).toEqual([110, 99])
  })

  // 10 earned on 1,000 is 1 %; then 500 are paid in, and 15.1 are earned on 1,510
  it('is read from profit, margin and equity, where what is paid in is no return', () => {
    const { daily_returns, daily_margin, daily_equity } = seriesOf(
      'date,pnl,margin,equity',
      '2024-01-02,10,200,1010',
      '2024-01-03,15.1,210,1525.1',
    )
    expect(daily_returns).toEqual([0.01, 0.01])
    expect(daily_margin).toEqual([200, 210])
    expect(daily_equity).toEqual([1010, 1525.1])
  })

  it('takes names as spreadsheets write them, quotes, times and a carriage return', () => {
    expect(seriesOf('"Date","Daily Returns"\r', '"2024-01-02 00:00:00","1e-3"\r', '2024-01-03T00:00:00Z, .5\r').daily_returns).toEqual([
      0.001, 0.5,
    ])
  })

  it('lists every wrong line by its number', () => {
    expect(
      faultsOf(
        'date,return',
        '2024-01-02,NaN',
        '2024-01-03,',
        '2024-13-03,0.1',
        '2024-01-05,-1.01',
        '2024-01-04,0.1',
        '2024-01-05,0.1',
        '2024-01-08,Infinity',
        '2024-01-09,0x10',
        '2024-02-01,0.01',
      ),
    ).toEqual([
      '2 NOT_A_NUMBER',
      '3 NOT_A_NUMBER',
      '4 NOT_A_DATE',
      '5 RETURN_BELOW_MINUS_100_PCT',
      '6 UNSORTED',
      '7 DUPLICATE',
      '8 NOT_A_NUMBER',
      '9 NOT_A_NUMBER',
      '10 GAP',
    ])
  })

  it('allows the loss of everything, but no more', () => {
    expect(seriesOf('date,return', '2024-01-02,-1', '2024-01-03,0').daily_returns).toEqual([-1, 0])
    expect(faultsOf('date,equity', '2024-01-02,100', '2024-01-03,-1', '2024-01-04,5')).toEqual(['3 RETURN_BELOW_MINUS_100_PCT'])
  })

  it('lets weekends and holidays pass, but no hole of more than a week', () => {
    // Thursday before Easter to the Tuesday after it
    expect(faultsOf('date,return', '2024-03-28,0', '2024-04-02,0', '2024-04-10,0')).toEqual(['4 GAP'])
  })

  it('misses every day of what trades on Saturdays too', () => {
    expect(faultsOf('date,return', '2024-03-01,0', '2024-03-02,0', '2024-03-04,0')).toEqual(['4 GAP'])
  })

  it('says which columns it takes', () => {
    expect(faultsOf('day,value', '2024-01-02,1')).toEqual(['1 COLUMNS'])
    expect(faultsOf('date,pnl,equity', '2024-01-02,1,1')).toEqual(['1 COLUMNS'])
    expect(faultsOf()).toEqual(['1 COLUMNS'])
    expect(faultsOf('date,return', '2024-01-02,0.1')).toEqual(['2 TOO_SHORT'])
  })
})
