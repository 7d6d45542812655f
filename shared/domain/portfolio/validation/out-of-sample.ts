import { constructors } from '../constructors/registry.ts'
import { meanDaily } from '../measures/mean-daily.ts'
import { type Metrics, metricsOf } from '../metrics.ts'
import { prepare } from '../prepare.ts'
import type { Means, Problem, SolvedStatus } from '../problem.ts'
import { portfolioReturns, rowsOf, type Scenarios } from '../scenarios.ts'
import { impliedLimits } from '../solve.ts'
import { solveScaled } from '../solve-scaled.ts'

/** A constructor trained on some days and tried on others. */
export interface Trial {
  status: SolvedStatus
  weights: number[]
  /** Annual Sharpe ratios; null where returns do not vary, as in cash. */
  in_sample_sharpe: number | null
  out_of_sample_sharpe: number | null
}

export interface OutOfSample {
  trials: Trial[]
  /** Of the days that were trained on, averaged over the trials, and of all days that were not. */
  in_sample: { sharpe: number | null; mean_daily: number; cvar_95: number }
  out_of_sample: Metrics
}

interface TrialDays {
  train: readonly number[]
  test: readonly number[]
}

/** A problem over common dates, and how it is solved. */
export interface Constructing {
  problem: Problem
  scenarios: Scenarios
  means: Means
  /** Whether weights without a scale of their own are made as large as the limits allow, as for an allocation. */
  scaled?: boolean
}

export interface Tried {
  trial: Trial
  trained: Metrics
  /** Returns of the tested days. */
  returns: Float64Array
}

/** Trains on days and tries on others; where training finds no portfolio, the money stays in cash. */
export function tryOut(constructing: Constructing, { train, test }: TrialDays): Tried {
  const { scenarios } = constructing
  const training = rowsOf(scenarios, train)
  const { status, weights } = constructOn(training, constructing)
  const trained = metricsOf(portfolioReturns(training.columns, weights))
  const returns = portfolioReturns(rowsOf(scenarios, test).columns, weights)
  const out_of_sample_sharpe = metricsOf(returns).sharpe
  return { trial: { status, weights: [...weights], in_sample_sharpe: trained.sharpe, out_of_sample_sharpe }, trained, returns }
}

function constructOn(training: Scenarios, { problem, means, scaled = false }: Constructing) {
  const trained = { ...problem, scenarios: training }
  if (!scaled) return constructors[problem.constructor_name](prepare(trained, means, impliedLimits(problem)))
  const { status, weights } = solveScaled(trained, means)
  return { status: status as SolvedStatus, weights: Float64Array.from(weights) }
}

/** In-sample beside out-of-sample. */
export function sideBySide(tried: readonly Tried[], outside: Float64Array): OutOfSample {
  const ratios = tried.flatMap(({ trained }) => (trained.sharpe === null ? [] : [trained.sharpe]))
  return {
    trials: tried.map(({ trial }) => trial),
    in_sample: {
      sharpe: ratios.length === 0 ? null : meanDaily(ratios),
      mean_daily: meanDaily(tried.map(({ trained }) => trained.mean_daily)),
      cvar_95: meanDaily(tried.map(({ trained }) => trained.cvar_95)),
    },
    out_of_sample: metricsOf(outside),
  }
}
