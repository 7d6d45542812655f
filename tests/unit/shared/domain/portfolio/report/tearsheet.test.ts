import { beforeAll, describe, expect, test } from 'vitest'
import type { AccountSizes } from '../../../../../../shared/domain/portfolio/account-sizes.ts'
import type { Problem } from '../../../../../../shared/domain/portfolio/problem.ts'
import { drawdownTable } from '../../../../../../shared/domain/portfolio/report/drawdown-table.ts'
import { monthlyTable } from '../../../../../../shared/domain/portfolio/report/monthly-table.ts'
import { type PortfolioReport, reportOf } from '../../../../../../shared/domain/portfolio/report/report.ts'
import { riskContributions } from '../../../../../../shared/domain/portfolio/report/risk-contributions.ts'
import { tearsheet } from '../../../../../../shared/domain/portfolio/report/tearsheet/tearsheet.ts'
import { rebalancingTurnover, turnoverBetween } from '../../../../../../shared/domain/portfolio/report/turnover.ts'
import { solve } from '../../../../../../shared/domain/portfolio/solve.ts'
import { crossPlan, crossValidate } from '../../../../../../shared/domain/portfolio/validation/cross-validate.ts'
import { heldReturns } from '../../../../../../shared/domain/portfolio/validation/held-returns.ts'
import { liveOverlay } from '../../../../../../shared/domain/portfolio/validation/live-overlay.ts'
import { loadSolver } from '../../../../../../shared/solver/load-solver.ts'

describe('the tables of a report', () => {
  const dates = ['2025-12-30', '2025-12-31', '2026-01-02', '2026-01-05', '2026-01-06']
  const returns = [0.1, -0.2, 0.05, 0.3, -0.01]

  test('compound months and years', () => {
    const [first, second] = monthlyTable(dates, returns)
    expect(first?.months[11]).toBeCloseTo(1.1 * 0.8 - 1, 12)
    expect(second?.months[0]).toBeCloseTo(1.05 * 1.3 * 0.99 - 1, 12)
    expect(second?.year_return).toBeCloseTo(1.05 * 1.3 * 0.99 - 1, 12)
    expect(second?.months[1]).toBeNull()
  })

  test('list drawdowns from their first day to recovery', () => {
    const [deepest, last] = drawdownTable(dates, returns)
    expect(deepest).toMatchObject({ from: '2025-12-31', lowest: '2025-12-31', recovered: '2026-01-05', days: 2 })
    expect(deepest?.depth).toBeCloseTo(0.2, 12)
    expect(last).toMatchObject({ from: '2026-01-06', recovered: null, days: 1 })
  })

  test('split risk into parts that add up to the whole', () => {
    // Uncorrelated, the second twice as volatile: parts of variance are 1 : 4.
    const columns = [Float64Array.of(0.01, -0.01, 0.01, -0.01), Float64Array.of(0.02, 0.02, -0.02, -0.02)]
    const { variance, cvar_95 } = riskContributions(columns, [0.5, 0.5])
    expect(variance[0]).toBeCloseTo(0.2, 12)
    expect(variance[1]).toBeCloseTo(0.8, 12)
    // The worst day loses 0.5 % by the first and 1 % by the second.
    expect(cvar_95[0]).toBeCloseTo(1 / 3, 12)
  })

  test('count turnover as what is bought and sold, halved', () => {
    expect(turnoverBetween([0.5, 0.5], [0.2, 0.8])).toBeCloseTo(0.3, 12)
    // All in one strategy never needs rebalancing.
    expect(rebalancingTurnover([Float64Array.of(0.1, -0.1), Float64Array.of(0, 0)], [1, 0])).toBeCloseTo(0, 12)
  })
})

describe('a tearsheet', () => {
  let report: PortfolioReport
  beforeAll(async () => {
    const means = { solver: await loadSolver(), seed: 1 }
    const dates = Array.from({ length: 200 }, (_, day) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10))
    const wave = (pace: number) => Float64Array.from(dates, (_, day) => 0.001 + 0.01 * Math.sin(day * pace))
    const scenarios = { names: ['A <script>', 'B'], dates, columns: [wave(1.3), wave(2.1)] }
    const problem: Problem = { constructor_name: 'max_return_cvar', scenarios, limits: { cap: 0.6, budget: 1, cvar: 0.01 } }
    const plan = crossPlan(dates.length)
    const cross_validation = plan && crossValidate(problem, plan, means)
    const earned = { dates: dates.slice(-40), returns: dates.slice(-40).map((_, day) => (day % 2 === 0 ? 0.004 : -0.002)) }
    const live = liveOverlay(heldReturns(scenarios, [{ from: dates[0] ?? '', weights: { B: 1 } }]), earned, 1)
    const asked = { problem, scenarios, limits: problem.limits, answer: solve(problem, means), cross_validation, live }
    report = reportOf(asked, means)
  })

  test('is one file that asks no network and runs no script', () => {
    const html = tearsheet(report, 'Two & one')
    expect(html).not.toMatch(/https?:|<script|<link|@import|url\(/)
    expect(html).toContain('Two &amp; one')
    expect(html).toContain('A &lt;script&gt;')
    expect(html).not.toMatch(/NaN|Infinity|undefined/)
  })

  test.each([
    'Equity',
    'Drawdown',
    'Rolling Sharpe',
    'Monthly returns',
    'Distribution of daily returns',
    'Efficient frontier',
    'Weights and risk contributions',
    'Correlation',
  ])('shows %s', title => {
    expect(tearsheet(report, 'T')).toContain(`<h2>${title}</h2>`)
  })

  test('shows in sample beside out of sample', () => {
    expect(report.honesty.walk_forward?.trials.length).toBeGreaterThan(1)
    const html = tearsheet(report, 'T')
    for (const words of ['In sample', 'Walked forward', 'Cross-validated', '15 purged splits', 'on 5 paths']) expect(html).toContain(words)
  })

  test('shows live results over the backtest of the same days, where there are any', () => {
    // Forty days of +0.4 % and −0.2 % by turns.
    expect(report.honesty.live?.live.at(-1)).toBeCloseTo((1.004 * 0.998) ** 20, 12)
    expect(tearsheet(report, 'T')).toContain('<h2>Live against backtest</h2><p class="sub">Wealth from 1 over 40 days')
    expect(tearsheet({ ...report, honesty: { ...report.honesty, live: null } }, 'T')).not.toContain('Live against')
  })

  test('tells what whole units need, and what is bought as capital grows', () => {
    const rung = { units: { 'A <script>': 3, B: 0 }, margin_use: 0.25, cvar_use: 0.015 }
    const account: AccountSizes = {
      min_equity: 123_456.2,
      units: { 'A <script>': 1, B: 1 },
      affordable_from: { 'A <script>': 50_000, B: null },
      ladder: [
        { capital: 50_000, ...rung, unaffordable: ['B'], within_limits: true },
        { capital: 5_000_000, ...rung, unaffordable: [], within_limits: false },
      ],
      unpriced: [],
    }
    const html = tearsheet({ ...report, account }, 'T')
    expect(html).toContain('<h2>Capital</h2><p class="sub">Whole units from an account of $123,457</p>')
    expect(html).toContain('<td>$50,000</td><td><span class="whole">3 A &lt;script&gt;</span></td><td>B</td><td>25.0 %</td><td>1.50 %</td>')
    expect(html).toMatch(/<td>\$5,000,000<\/td>.*over a limit/)
    expect(tearsheet(report, 'T')).not.toContain('<h2>Capital</h2>')
  })
})
