import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cagr } from '../../shared/domain/portfolio/measures/cagr.ts'
import { covariance } from '../../shared/domain/portfolio/measures/correlation.ts'
import { meanDaily } from '../../shared/domain/portfolio/measures/mean-daily.ts'
import { totalReturn } from '../../shared/domain/portfolio/measures/wealth.ts'
import { type RiskName, risks } from '../../shared/domain/portfolio/risks.ts'
import { commonDates, dot, portfolioReturns, type Scenarios } from '../../shared/domain/portfolio/scenarios.ts'
import { solve } from '../../shared/domain/portfolio/solve.ts'
import type { Solver } from '../../shared/domain/portfolio/solver.ts'
import { combinatorialSplits, testPaths } from '../../shared/domain/portfolio/validation/combinatorial-splits.ts'
import { returnsOfPrices } from './prices.ts'
import { compareAll, compareFigure, compareText, type Verdict } from './verdict.ts'

type Figures = Record<string, number>

interface PublicCase {
  id: string
  data: string
  expected_weights?: Record<string, Figures>
  expected_risk_of_those_weights?: Figures
  inline_prices?: number[][]
  expected?: Record<string, unknown>
}

interface Context {
  reference: PublicCase
  folder: string
  solver: Solver
}

/** How each case is computed, by the first part of its id. */
const kinds: Record<string, (context: Context) => Verdict[]> = {
  P1: leastRisks,
  P4: ownHistories,
  P5: leastCvar,
  P9: sampleMoments,
  P12: purgedSplits,
}

/** Computes the cases of a folder's `cases.json`: numbers that public libraries assert in their tests. */
export function verifyPublicCases(folder: string, solver: Solver): Verdict[] {
  const cases = JSON.parse(readFileSync(join(folder, 'cases.json'), 'utf8')) as PublicCase[]
  return cases.flatMap(reference => {
    const verify = kinds[reference.id.split('_')[0] ?? '']
    const unknown = { case: reference.id, what: '', expected: 'a kind of case that is known', found: 'an unknown one', ok: false }
    return verify ? verify({ reference, folder, solver }) : [unknown]
  })
}

/** Riskfolio-Lib's names; its variance is shown as the deviation. */
const riskfolio: Record<string, RiskName> = {
  MV: 'variance',
  MAD: 'mad',
  MSV: 'semi_deviation',
  CVaR: 'cvar_95',
  WR: 'worst_loss',
  MDD: 'max_drawdown',
  ADD: 'average_drawdown',
  CDaR: 'cdar_95',
  UCI: 'ulcer',
}

function leastRisks({ reference, folder, solver }: Context): Verdict[] {
  const scenarios = returnsOfPrices(join(folder, reference.data))
  return Object.entries(reference.expected_weights ?? {}).flatMap(([name, weights]) => {
    const measure = riskfolio[name] ?? 'variance'
    const at = (what: string) => ({ case: reference.id, what: `${name} ${what}` })
    const answer = solve({ constructor_name: 'min_risk', measure, scenarios, limits: { sum: 1 } }, { solver, seed: 1 })
    const shown = (value: number | null) => (value !== null && measure === 'variance' ? Math.sqrt(value) : value)
    const expected = scenarios.names.map(each => weights[each])
    const risk = risks[measure].value(portfolioReturns(scenarios.columns, expected.map(Number)))
    return [
      compareFigure(at('least risk'), [reference.expected_risk_of_those_weights?.[name], shown(answer.objective)], { rel: 1e-6 }),
      compareFigure(at('risk of theirs'), [reference.expected_risk_of_those_weights?.[name], shown(risk)], { rel: 1e-6 }),
      compareAll(at('weights'), [expected, answer.weights], { abs: 1e-4 }),
    ]
  })
}

const ownCagr = (column: Float64Array): number => cagr(column.filter(value => !Number.isNaN(value)))

function ownHistories({ reference, folder }: Context): Verdict[] {
  const { names, columns } = returnsOfPrices(join(folder, reference.data))
  const growth = new Map(names.map((name, index) => [name, ownCagr(columns[index] ?? new Float64Array())]))
  return Object.entries(reference.expected ?? {}).map(([name, expected]) =>
    compareFigure({ case: reference.id, what: name }, [expected as number, growth.get(name)], { abs: 1e-6 }),
  )
}

function leastCvar({ reference, folder, solver }: Context): Verdict[] {
  const all: Scenarios = returnsOfPrices(join(folder, reference.data))
  const scenarios = commonDates(all)
  const expectedReturns = all.columns.map(ownCagr)
  return Object.entries(reference.expected ?? {}).flatMap(([name, value]) => {
    const expected = value as { annual_return: number; cvar: number }
    const least = name.includes('at_return') ? { min_return: expected.annual_return, expected: expectedReturns } : {}
    const answer = solve({ constructor_name: 'min_cvar', scenarios, limits: { sum: 1, cap: 1, ...least } }, { solver, seed: 1 })
    const at = (what: string) => ({ case: reference.id, what: `${name} ${what}` })
    return [
      compareFigure(at('CVaR'), [expected.cvar, answer.objective], { abs: 1e-6 }),
      compareFigure(at('return'), [expected.annual_return, dot(answer.weights, expectedReturns)], { rel: 1e-4, abs: 1e-4 }),
    ]
  })
}

function sampleMoments({ reference }: Context): Verdict[] {
  const prices = reference.inline_prices ?? []
  const columns = (prices[0] ?? []).map((_, column) =>
    Float64Array.from(prices.slice(1), (row, index) => (row[column] ?? 0) / (prices[index]?.[column] ?? 1) - 1),
  )
  const { daily_cov_first_three, geometric_mean_per_period, arithmetic_mean_per_period } = reference.expected as Record<string, number[]>
  const at = (what: string) => ({ case: reference.id, what })
  const geometric = columns.map(column => (1 + totalReturn(column)) ** (1 / column.length) - 1)
  const found = covariance(columns.slice(0, 3)).flatMap(row => [...row])
  return [
    compareAll(at('covariance'), [(daily_cov_first_three ?? []).flat(), found], { abs: 1e-9 }),
    compareAll(at('geometric means'), [geometric_mean_per_period ?? [], geometric], { rel: 1e-3 }),
    compareAll(at('arithmetic means'), [arithmetic_mean_per_period ?? [], columns.map(meanDaily)], { rel: 1e-3 }),
  ]
}

/** Twelve rows; `n3_t2_p1_e0` is three folds, two tested, one row purged, none embargoed. */
function purgedSplits({ reference }: Context): Verdict[] {
  return Object.entries(reference.expected ?? {}).flatMap(([name, value]) => {
    const [folds = 0, test_folds = 0, purge = 0, embargo = 0] = name.split('_').map(part => Number(part.slice(1)))
    const plan = { rows: 12, folds, test_folds, purge, embargo }
    const splits = combinatorialSplits(plan)
    const found: Record<string, unknown> = {
      train: splits.map(({ train }) => train),
      test: splits.map(({ test }) => test),
      n_splits: splits.length,
      n_test_paths: testPaths(plan)[0]?.length,
      recombined_paths: testPaths(plan),
    }
    return Object.entries(value as Record<string, unknown>).map(([what, expected]) =>
      compareText({ case: reference.id, what: `${name} ${what}` }, [JSON.stringify(expected), JSON.stringify(found[what])]),
    )
  })
}
