import { describe, expect, it } from 'vitest'
import { compareVersions, disagreements, type Pair } from '../../../../scripts/compare-cerebro/versions.ts'
import { Decimal } from '../../../../shared/domain/money/decimal.ts'

const verdict = (decision: string, size: number, pnl: number, reason_code: string | null = null) => ({
  decision,
  reason_code,
  size: new Decimal(size),
  pnl: new Decimal(pnl),
})

const pairs: Pair[] = [
  { signal_id: 'A_1', strategy_id: 'A', first: verdict('APPROVED', 1000, 10), second: verdict('APPROVED', 1200, 12.5) },
  { signal_id: 'A_2', strategy_id: 'A', first: verdict('APPROVED', 500, -5), second: verdict('DENIED', 0, 0, 'CVAR_LIMIT') },
  { signal_id: 'A_3', strategy_id: 'A', first: verdict('DENIED', 0, 0, 'MARGIN_EXCEEDED'), second: verdict('DENIED', 0, 0, 'CVAR_LIMIT') },
]

describe('two versions on the same signals', () => {
  it('are compared by agreement, size and P&L', () => {
    // two of three decided alike; 1,200 against 1,500 of size; 12.50 against 5 made
    expect(compareVersions(pairs)).toEqual({
      signals: 3,
      agreeing: 2,
      agreement_pct: 66.67,
      only_first_approved: 1,
      only_second_approved: 0,
      size_first: 1500,
      size_second: 1200,
      size_difference: -300,
      pnl_first: 5,
      pnl_second: 12.5,
      pnl_difference: 7.5,
    })
  })

  it('agree by no share of nothing', () => {
    expect(compareVersions([])).toMatchObject({ signals: 0, agreement_pct: null, pnl_difference: 0 })
  })

  it('are named with their reasons where they disagree', () => {
    expect(disagreements(pairs)).toEqual([{ signal_id: 'A_2', first: 'APPROVED', second: 'DENIED CVAR_LIMIT' }])
  })
})
