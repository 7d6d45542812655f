import { DomainError } from '../../shared/domain/errors.ts'
import type { AccountSizes } from '../../shared/domain/portfolio/account-sizes.ts'
import type { Metrics } from '../../shared/domain/portfolio/metrics.ts'
import type { ConstructorName, Limits, Problem } from '../../shared/domain/portfolio/problem.ts'
import type { RiskName } from '../../shared/domain/portfolio/risks.ts'
import { commonDates } from '../../shared/domain/portfolio/scenarios.ts'
import type { PortfolioAnswer } from '../../shared/domain/portfolio/solve.ts'
import { type CrossValidation, crossPlan } from '../../shared/domain/portfolio/validation/cross-validate.ts'
import { heldReturns } from '../../shared/domain/portfolio/validation/held-returns.ts'
import { liveOverlay } from '../../shared/domain/portfolio/validation/live-overlay.ts'
import { type WalkForward, walkPlan } from '../../shared/domain/portfolio/validation/walk-forward.ts'
import { runInWorker } from '../../shared/solver/run-in-worker.ts'
import type { LiveHistory } from '../../shared/store/live-history.ts'
import type { PortfolioInputs } from '../../shared/store/portfolio-inputs.ts'
import type { OptimizationRun } from '../../shared/store/portfolio-optimization-runs.ts'

/** What is asked of the engine, in the words of the settings: fractions of equity, losses positive; null is no limit. */
export interface Question {
  constructor_name: ConstructorName
  cvar_limit: number | null
  cdar_limit: number | null
  max_drawdown: number | null
  cap: number
  budget: number
  margin_limit: number
  share_cap_above: number | null
  sum?: number | undefined
  min_return?: number | undefined
  measure?: RiskName | undefined
  blend?: number | undefined
}

export type RunEnd = Pick<
  OptimizationRun,
  | 'status'
  | 'strategies'
  | 'correlation'
  | 'weights'
  | 'allocations'
  | 'objective'
  | 'binding'
  | 'metrics'
  | 'warnings'
  | 'obstacles'
  | 'reason'
>

const SEED = 1
const TIMEOUT_MS = 60_000
const SIZES_TIMEOUT_MS = 10_000
/** POR-8's. */
const MARGIN_LIMIT = 0.4

/** What was asked, and the weights that were found. */
export interface Solution {
  problem: Problem
  answer: PortfolioAnswer
  capital_per_unit: (number | null)[]
}

/** Solves in a thread of its own; that nothing is feasible, or that it takes too long, is an answer too, without a solution. */
export async function solveRun(
  { scenarios, inputs }: PortfolioInputs,
  question: Question,
): Promise<{ end: RunEnd; solution: Solution | null }> {
  if (inputs.length === 0) return failed('There is no strategy to optimize; see which are excluded, and why.')
  const margin = inputs.map(({ margin_per_unit }) => margin_per_unit)
  const capital_per_unit = inputs.map(each => each.capital_per_unit)
  const problem = { scenarios, ...problemOf(question, margin) }
  try {
    const answer = await inTurn(() => runInWorker('solveScaled', problem, { seed: SEED, timeoutMs: TIMEOUT_MS }))
    return { end: endOf(answer, inputs), solution: answer.status === 'optimal' ? { problem, answer, capital_per_unit } : null }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return failed(error.message)
  }
}

function problemOf({ constructor_name, measure, blend, ...given }: Question, margin: number[]): Omit<Problem, 'scenarios'> {
  const { cvar_limit, cdar_limit, max_drawdown, share_cap_above, cap, budget, margin_limit, sum, min_return } = given
  const limits: Limits = {
    cap,
    budget,
    margin,
    margin_limit,
    ...(share_cap_above !== null && { share_cap_above }),
    ...(cvar_limit !== null && { cvar: cvar_limit }),
    ...(cdar_limit !== null && { cdar: cdar_limit }),
    ...(max_drawdown !== null && { max_drawdown }),
    ...(sum !== undefined && { sum }),
    ...(min_return !== undefined && { min_return }),
  }
  return { constructor_name, limits, ...(measure && { measure }), ...(blend !== undefined && { blend }) }
}

/** What it would have earned on days that it had not seen (POR-10); null where it cannot be told, or takes too long. */
export type Unseen = Pick<OptimizationRun, 'out_of_sample' | 'cross_validation'>

/** Walks the constructor forward over the history, and cross-validates it. */
export async function unseen(solution: Solution): Promise<Unseen> {
  const { problem } = solution
  const plan = walkPlan(commonDates(problem.scenarios).dates.length)
  const question = plan && { problem, plan: { ...plan, scaled: true } }
  const walked = question && (await orNull(inTurn(() => runInWorker('walk_forward', question, { seed: SEED, timeoutMs: TIMEOUT_MS }))))
  const crossed = await crossValidated(solution)
  return { out_of_sample: walked && walkedFigures(walked), cross_validation: crossed && crossedFigures(crossed) }
}

async function crossValidated({ problem }: Solution): Promise<CrossValidation | null> {
  const plan = crossPlan(commonDates(problem.scenarios).dates.length)
  if (!plan) return null
  const question = { problem, plan: { ...plan, scaled: true } }
  return orNull(inTurn(() => runInWorker('cross_validate', question, { seed: SEED, timeoutMs: TIMEOUT_MS })))
}

/** What was earned since the first allocation, beside what backtests say of the same days; null without a day that both have. */
export function overlaid({ scenarios }: PortfolioInputs, { trading_mode, earned, held }: LiveHistory): OptimizationRun['live'] {
  const overlay = liveOverlay(heldReturns(scenarios, held), earned, SEED)
  if (!overlay) return null
  const { expected } = overlay
  return { trading_mode, ...overlay, expected: expected && { low: expected.low, high: expected.high, confidence: expected.confidence } }
}

/** What whole units of the weights need (POR-8); null where that takes too long. */
export function sized({ problem: { scenarios, limits }, answer: { weights }, capital_per_unit }: Solution): Promise<AccountSizes | null> {
  const { margin = [], margin_limit = MARGIN_LIMIT, cvar = null } = limits
  const question = { scenarios, weights, capital_per_unit, margin, margin_limit, cvar_limit: cvar }
  return orNull(inTurn(() => runInWorker('account_sizes', question, { timeoutMs: SIZES_TIMEOUT_MS })))
}

interface Drawing {
  title: string
  account: AccountSizes | null
  live: OptimizationRun['live']
}

/** The same with the page of every chart (POR-9), which tells of it. */
export async function drawn(solution: Solution, { title, account, live }: Drawing): Promise<Unseen & { page: string | null }> {
  const { problem, answer } = solution
  const crossed = await crossValidated(solution)
  const portfolio = { problem, scenarios: problem.scenarios, limits: problem.limits, answer, scaled: true }
  const asked = { ...portfolio, title, account, cross_validation: crossed, live: live ?? null }
  const sheet = await orNull(inTurn(() => runInWorker('page', asked, { seed: SEED, timeoutMs: TIMEOUT_MS })))
  return {
    out_of_sample: sheet?.walk_forward ? walkedFigures(sheet.walk_forward) : null,
    cross_validation: crossed && crossedFigures(crossed),
    page: sheet?.page ?? null,
  }
}

const walkedFigures = ({ out_of_sample, trials, dates }: WalkForward): Record<string, number | null> => ({
  ...figuresOf(out_of_sample),
  steps: trials.length,
  days: dates.length,
})

/** Drawdowns of its paths, which follow one another in the figures, would be of no history: they are left out. */
const OF_ONE_HISTORY = /drawdown|cdar|ulcer|calmar|total_return|cagr/

const crossedFigures = ({
  plan,
  trials,
  path_sharpes,
  in_sample,
  out_of_sample,
}: CrossValidation): OptimizationRun['cross_validation'] => ({
  folds: plan.folds,
  test_folds: plan.test_folds,
  purge: plan.purge,
  embargo: plan.embargo,
  splits: trials.length,
  path_sharpes: path_sharpes.map(finite),
  in_sample,
  out_of_sample: Object.fromEntries(Object.entries(figuresOf(out_of_sample)).filter(([name]) => !OF_ONE_HISTORY.test(name))),
})

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work
  } catch (error) {
    if (error instanceof DomainError) return null
    throw error
  }
}

/** One at a time in a process, so that several questions do not share its memory and cores. */
let before: Promise<unknown> = Promise.resolve()

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = before.then(work)
  before = done.catch(() => undefined)
  return done
}

const rounded = (value: number, digits: number) => Number(value.toFixed(digits))

function endOf(answer: PortfolioAnswer, inputs: PortfolioInputs['inputs']): RunEnd {
  const names = inputs.map(({ strategy_id }) => strategy_id)
  const named = (value: (weight: number) => number) =>
    Object.fromEntries(names.map((name, index) => [name, value(answer.weights[index] ?? 0)]))
  const found = answer.status === 'optimal'
  return {
    status: found ? 'done' : 'infeasible',
    strategies: names,
    correlation: answer.correlation.map(row => row.map(finite)),
    weights: found ? named(weight => weight) : {},
    // Rounded down, so that no limit is passed by rounding.
    allocations: found ? named(weight => Math.floor(rounded(weight * 1e8, 2)) / 1e6) : {},
    objective: answer.objective === null ? null : finite(answer.objective),
    binding: answer.binding,
    metrics: answer.metrics ? figuresOf(answer.metrics) : {},
    warnings: answer.warnings,
    obstacles: answer.obstacles,
    reason: found ? null : answer.status,
  }
}

const finite = (value: number | null): number | null => (value !== null && Number.isFinite(value) ? value : null)

const figuresOf = (metrics: Metrics): Record<string, number | null> =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, finite(value)]))

const failed = (reason: string): { end: RunEnd; solution: null } => ({
  end: {
    status: 'failed',
    strategies: [],
    correlation: [],
    weights: {},
    allocations: {},
    objective: null,
    binding: [],
    metrics: {},
    warnings: [],
    obstacles: [],
    reason,
  },
  solution: null,
})
