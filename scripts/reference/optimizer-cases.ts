import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { largestFeasibleScale } from '../../shared/domain/portfolio/largest-feasible-scale.ts'
import { ledoitWolf } from '../../shared/domain/portfolio/ledoit-wolf.ts'
import { correlations, pairwiseCorrelations } from '../../shared/domain/portfolio/measures/correlation.ts'
import { type Metrics, metricsOf } from '../../shared/domain/portfolio/metrics.ts'
import { oneUnitEach, weightedFloor } from '../../shared/domain/portfolio/minimum-account.ts'
import { prepare } from '../../shared/domain/portfolio/prepare.ts'
import type { ConstructorName, Limits } from '../../shared/domain/portfolio/problem.ts'
import { readReturns } from '../../shared/domain/portfolio/read-returns.ts'
import { commonDates, portfolioReturns, type Scenarios } from '../../shared/domain/portfolio/scenarios.ts'
import { solve } from '../../shared/domain/portfolio/solve.ts'
import type { Solver } from '../../shared/domain/portfolio/solver.ts'
import type { AccountCase, OptimizerCase, SolvedCase } from './optimizer-case.ts'
import { compareAll, compareFigure, compareText, type Verdict } from './verdict.ts'

/** Python writes NaN, which JSON does not know. */
const readCase = (path: string): OptimizerCase => JSON.parse(readFileSync(path, 'utf8').replaceAll(/\bNaN\b/g, 'null'))

/** Computes every case of a folder: a JSON each with a `returns_csv`. */
export function verifyOptimizerCases(folder: string, solver: Solver): Verdict[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.json') && name !== 'cases.json')
  return files.sort().flatMap(name => verifyCase(folder, readCase(join(folder, name)), solver))
}

function verifyCase(folder: string, reference: OptimizerCase, solver: Solver): Verdict[] {
  const { scenarios, faults } = readReturns(readFileSync(join(folder, reference.returns_csv), 'utf8'))
  const at = (what: string) => ({ case: reference.id, what })
  if (faults.length > 0) return [{ ...at('CSV'), expected: 'returns', found: faults[0]?.fault ?? '', ok: false }]
  return [
    ...Object.entries(reference.expected).flatMap(([name, expected]) => verifyProblem({ reference, scenarios, solver, name, expected })),
    ...verifyMetrics(reference, commonDates(scenarios)),
    ...verifyMatrices(reference, scenarios),
    ...(reference.account ?? []).flatMap((account, index) => verifyAccount(at(`account ${index + 1}`), account, commonDates(scenarios))),
  ]
}

interface ProblemCase {
  reference: OptimizerCase
  scenarios: Scenarios
  solver: Solver
  name: string
  expected: SolvedCase
}

/** The problems of the folder's README by the first part of their key. */
function problemOf(
  name: string,
  { constraints }: OptimizerCase,
): { constructor_name: ConstructorName; limits: Limits; figure: string } | null {
  const { cap, budget_max: budget, margin, margin_limit, cvar_limit: cvar, cdar_limit: cdar, maxdd_limit: max_drawdown } = constraints
  const given = (limits: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(limits).filter(([, value]) => value != null)) as Limits
  const common = { cap, budget, margin, margin_limit }
  const mean = { constructor_name: 'max_return_cvar', figure: 'objective_mean_daily' } as const
  const problems: Record<string, { constructor_name: ConstructorName; limits: Limits; figure: string }> = {
    a: { ...mean, limits: given({ ...common, cvar }) },
    a_fully_invested_cvar: { ...mean, limits: given({ cap, sum: 1, cvar }) },
    b: { constructor_name: 'min_cvar', limits: given({ cap }), figure: 'objective_cvar95' },
    c: { constructor_name: 'max_sharpe', limits: given({ cap }), figure: 'sharpe_annual' },
    d: { ...mean, limits: given({ ...common, cdar }) },
    d2: { ...mean, limits: given({ ...common, max_drawdown }) },
    e: { constructor_name: 'max_cagr', limits: given({ ...common, cvar }), figure: 'objective_mean_log' },
  }
  return problems[name] ?? problems[name.split('_')[0] ?? ''] ?? null
}

function verifyProblem({ reference, scenarios, solver, name, expected }: ProblemCase): Verdict[] {
  const at = (what: string) => ({ case: reference.id, what: `${name} ${what}` })
  const problem = problemOf(name, reference)
  if (!problem) return [{ ...at(''), expected: 'a problem of the README', found: 'unknown name', ok: false }]
  const { figure, ...question } = problem
  const answer = solve({ ...question, scenarios }, { solver, seed: 1 })
  const verdicts = [compareText(at('status'), [expected.status, answer.status])]
  if (expected.status !== 'optimal' || answer.status !== 'optimal') return verdicts
  const { objective_rel, objective_abs, weights_abs_when_unique } = reference.tolerances
  const tolerance = { rel: objective_rel, abs: objective_abs }
  verdicts.push(compareFigure(at('objective'), [expected[figure] as number, answer.objective], tolerance))
  if (expected.weights_unique && expected.weights)
    verdicts.push(compareAll(at('weights'), [expected.weights, answer.weights], { abs: weights_abs_when_unique }))
  if (expected.cagr !== undefined) verdicts.push(compareFigure(at('cagr'), [expected.cagr, answer.metrics?.cagr], tolerance))
  if (expected.largest_feasible_scale !== undefined) {
    const limits = problemOf('a', reference)?.limits ?? {}
    const prepared = prepare({ constructor_name: 'max_sharpe', scenarios, limits }, { solver, seed: 1 })
    const scale = largestFeasibleScale(prepared, Float64Array.from(answer.weights))
    verdicts.push(compareFigure(at('scale'), [expected.largest_feasible_scale, scale], { rel: 1e-3 }))
  }
  return verdicts
}

const named: Record<string, keyof Metrics> = {
  var95: 'var_95',
  cvar95: 'cvar_95',
  max_drawdown_compounded: 'max_drawdown',
  max_drawdown_uncompounded: 'max_drawdown_uncompounded',
  cdar95_compounded: 'cdar_95',
  cdar95_uncompounded: 'cdar_95_uncompounded',
}

function verifyMetrics({ id, portfolio_metrics, strategy_metrics, tolerances }: OptimizerCase, { columns, names }: Scenarios): Verdict[] {
  const compare = (what: string, expected: Record<string, number | null>, returns: Float64Array): Verdict => {
    const metrics = metricsOf(returns)
    const keys = Object.keys(expected)
    const found = keys.map(key => metrics[named[key] ?? (key as keyof Metrics)])
    return compareAll({ case: id, what }, [keys.map(key => expected[key]), found], { rel: tolerances.metrics_rel, abs: 1e-15 })
  }
  const verdicts: Verdict[] = []
  if (portfolio_metrics) {
    const { weights, ...expected } = portfolio_metrics
    verdicts.push(compare('metrics', expected, portfolioReturns(columns, weights)))
  }
  for (const [index, expected] of (strategy_metrics ?? []).entries())
    verdicts.push(compare(`metrics of ${names[index]}`, expected, columns[index] ?? new Float64Array()))
  return verdicts
}

function verifyMatrices({ id, tolerances, ledoit_wolf_identity, ...reference }: OptimizerCase, scenarios: Scenarios): Verdict[] {
  const { columns } = commonDates(scenarios)
  const tolerance = { abs: tolerances.correlation_abs }
  const matrices = Object.entries(reference).filter(([key, value]) => key.startsWith('correlation') && Array.isArray(value))
  const verdicts = matrices.map(([what, expected]) => {
    const found = what.includes('pairwise') ? pairwiseCorrelations(scenarios.columns) : correlations(columns)
    return compareAll({ case: id, what }, [(expected as (number | null)[][]).flat(), found.flat()], tolerance)
  })
  if (!ledoit_wolf_identity) return verdicts
  const { delta, covariance } = ledoitWolf(columns)
  const { delta: expected, cov } = ledoit_wolf_identity
  verdicts.push(compareFigure({ case: id, what: 'Ledoit–Wolf delta' }, [expected, delta], { rel: 1e-9 }))
  const found = covariance.flatMap(row => [...row])
  if (cov) verdicts.push(compareAll({ case: id, what: 'Ledoit–Wolf covariance' }, [cov.flat(), found], { rel: 1e-9, abs: 1e-16 }))
  return verdicts
}

function verifyAccount(at: { case: string; what: string }, account: AccountCase, { columns }: Scenarios): Verdict[] {
  const tolerance = { abs: account.tol_currency ?? 0.01 }
  const [one, floor] = [oneUnitEach({ ...account, columns }), weightedFloor({ ...account, columns })]
  const { one_unit_each, weighted_floor } = account
  const verdicts = [
    compareFigure({ ...at, what: `${at.what} one unit each` }, [one_unit_each.min_equity, one.min_equity], tolerance),
    compareFigure({ ...at, what: `${at.what} weighted floor` }, [weighted_floor.min_equity, floor?.min_equity ?? null], tolerance),
  ]
  if (weighted_floor.units) verdicts.push(compareAll({ ...at, what: `${at.what} units` }, [weighted_floor.units, floor?.units ?? []], {}))
  return verdicts
}
