import { describe, expect, test } from 'vitest'
import { readReturns } from '../../../../../shared/domain/portfolio/read-returns.ts'

const faultsOf = (text: string) => readReturns(text).faults.map(({ line, fault }) => `${line}: ${fault}`)

describe('a CSV of returns', () => {
  test('is dates and a column a strategy, with empty cells where there is no observation', () => {
    const { scenarios, faults } = readReturns('date,A,B\r\n2026-01-05,0.01,\r\n2026-01-06,-0.02,0.03\r\n')
    expect(faults).toEqual([])
    expect(scenarios.names).toEqual(['A', 'B'])
    expect(scenarios.dates).toEqual(['2026-01-05', '2026-01-06'])
    expect([...(scenarios.columns[1] ?? [])]).toEqual([Number.NaN, 0.03])
  })

  test('is refused with every fault and its line', () => {
    const text = 'date,A,B\n2026-01-05,0.01,x\n2026-01-05,0.01,0\n2026-01-04,NaN,-1.5\n2026-02-30,0,0\n2026-03-02,0\n'
    expect(faultsOf(text)).toEqual([
      '2: B: “x” is not a number',
      '3: 2026-01-05 is there twice',
      '4: 2026-01-04 comes after 2026-01-05: the oldest must come first',
      '4: A: “NaN” is not a number',
      '4: B: -1.5 loses more than everything',
      '5: “2026-02-30” is not a date of the form YYYY-MM-DD',
      '6: 1 returns where the header names 2',
    ])
  })

  test.each([
    ['day,A\n2026-01-05,0\n2026-01-06,0\n', '1: the first column must be date, not “day”'],
    ['date\n2026-01-05\n2026-01-06\n', '1: there is no column of returns after the date'],
    ['date,A,A\n2026-01-05,0,0\n2026-01-06,0,0\n', '1: two columns are called A'],
    ['date,A\n2026-01-05,0\n', '3: there are fewer than two days of returns'],
    ['date,A,B\n2026-01-05,0,\n2026-01-06,0,\n', '1: B has no observation at all'],
  ])('%j is refused', (text, fault) => {
    expect(faultsOf(text)).toContain(fault)
  })
})
