import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const returns = join(root, 'tests/fixtures/portfolio/case03_n3_t500.csv')
const folder = mkdtempSync(join(tmpdir(), 'portfolio-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, 'scripts/portfolio.ts'), ...args], { encoding: 'utf8', cwd: root })

describe('the portfolio command', () => {
  test('prints one JSON object with weights by name', () => {
    const { status, stdout } = run(
      returns,
      '--constructor',
      'max_return_cvar',
      '--cap',
      '0.5',
      '--budget',
      '2',
      '--cvar-limit',
      '0.005165',
      '--json',
    )
    const answer = JSON.parse(stdout)
    expect(status).toBe(0)
    expect(answer).toMatchObject({ status: 'optimal', constructor: 'max_return_cvar', binding: ['cvar_limit'] })
    expect(Object.keys(answer.weights)).toEqual(['S1', 'S2', 'S3'])
    expect(answer.metrics.cvar_95).toBeCloseTo(0.005165, 9)
    expect(answer.objective).toBeCloseTo(answer.metrics.mean_daily, 12)
    expect(answer.correlation[0][0]).toBe(1)
  })

  test('measures weights that are given', () => {
    const { status, stdout } = run(returns, '--weights', '0.5,0.5,0.3', '--json')
    expect(status).toBe(0)
    // The reference of the case, by another program.
    expect(JSON.parse(stdout)).toMatchObject({ status: 'measured', constructor: null, objective: null })
    expect(JSON.parse(stdout).metrics.sharpe).toBeCloseTo(1.8480443581787571, 9)
  })

  test('tells the least account, and what the weights buy as capital grows', () => {
    const asked = [returns, '--weights', '0.5,0.5,0', '--margin', '0.1,0.2,0.1', '--margin-limit', '0.4', '--capital', '20000,50000,1000']
    const { account } = JSON.parse(run(...asked, '--json').stdout)
    // One lot of the second strategy is half of 100,000; the first has two then. Margin: 2 × 2,000 + 10,000 of 100,000.
    expect(account).toMatchObject({ min_equity: 100_000, units: { S1: 2, S2: 1, S3: 0 }, affordable_from: { S1: 40_000, S2: 100_000 } })
    expect(account.ladder.map(({ capital }: { capital: number }) => capital).slice(0, 2)).toEqual([50_000, 100_000])
    expect(account.ladder[1]).toMatchObject({ unaffordable: [], within_limits: true })
    expect(account.ladder[1].margin_use).toBeCloseTo(0.14, 12)
    const { stdout } = run(...asked)
    expect(stdout).toContain('least account: 100,000')
    expect(stdout).toMatch(/ 5,000,000 {2}125 S1, 50 S2 \(margin 15\.00 %/)
    expect(run(returns, '--weights', '1,0,0', '--capital', '1,1,1')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('--capital needs --margin'),
    })
  })

  test('answers what is infeasible with exit code 0', () => {
    const { status, stdout } = run(returns, '--constructor', 'min_cvar', '--cap', '0.2', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout).status).toBe('infeasible')
    expect(JSON.parse(stdout).obstacles.length).toBeGreaterThan(0)
  })

  test('shows a table and a chart without --json, and writes the tearsheet', () => {
    const report = join(folder, 'sheet.html')
    const { status, stdout } = run(returns, '--constructor', 'equal_weight', '--report', report)
    expect(status).toBe(0)
    expect(stdout).toContain('maximum drawdown')
    expect(stdout).toContain('equity from 1')
    expect(readFileSync(report, 'utf8')).toContain('<svg')
  })

  test('refuses a bad file with its lines', () => {
    const bad = join(folder, 'bad.csv')
    writeFileSync(bad, 'date,A\n2026-01-05,0.01\n2026-01-05,oops\n')
    const { status, stderr } = run(bad, '--constructor', 'equal_weight')
    expect(status).toBe(2)
    expect(stderr).toContain('bad.csv:3: 2026-01-05 is there twice')
    expect(stderr).toContain('bad.csv:3: A: “oops” is not a number')
  })

  test.each([
    [['nowhere.csv', '--constructor', 'hrp'], 'nowhere.csv'],
    [[returns], 'give either --constructor or --weights'],
    [[returns, '--constructor', 'best'], 'none of max_return_cvar'],
    [[returns, '--constructor', 'hrp', '--cap', 'much'], '“much” is not a number'],
    [[returns, '--weights', '1,2'], '2 figures for 3 columns'],
    [[returns, '--constructor', 'hrp', '--colour', 'red'], '--colour'],
  ])('refuses %j', (args, words) => {
    const { status, stderr } = run(...args)
    expect(status).toBe(2)
    expect(stderr).toContain(words)
  })
})
