import { sharpe } from '../measures/sharpe.ts'
import type { Means, Problem } from '../problem.ts'
import { commonDates } from '../scenarios.ts'
import { combinatorialSplits, type SplitPlan, testPaths } from './combinatorial-splits.ts'
import { type OutOfSample, sideBySide, tryOut } from './out-of-sample.ts'

const FOLDS = 6
const TEST_FOLDS = 2
/** Days, so that what one day does to the next is not learned from both sides. */
const PURGE = 5
const EMBARGO_SHARE = 0.01
const LEAST_TRAINING = 60

export interface CrossPlan extends Omit<SplitPlan, 'rows'> {
  /** Whether weights are scaled as for an allocation. */
  scaled?: boolean
}

/** The usual plan for a history of so many days: 15 trials, 5 paths; null where it is too short. */
export function crossPlan(days: number): CrossPlan | null {
  const embargo = Math.ceil(days * EMBARGO_SHARE)
  const kept = Math.floor((days * (FOLDS - TEST_FOLDS)) / FOLDS) - TEST_FOLDS * (2 * PURGE + embargo)
  return kept >= LEAST_TRAINING ? { folds: FOLDS, test_folds: TEST_FOLDS, purge: PURGE, embargo } : null
}

export interface CrossValidation extends OutOfSample {
  plan: Omit<SplitPlan, 'rows'>
  /** Annual Sharpe ratio of each whole history out of sample; null where it does not vary. */
  path_sharpes: (number | null)[]
}

/**
 * Combinatorial purged cross-validation of the constructor: every choice of tested folds is tried, and the trials make several whole histories out of
 * sample, whose spread says how much of a result is chance. López de Prado, Advances in Financial Machine Learning (2018), chapter 12.
 */
export function crossValidate(problem: Problem, { scaled = false, ...plan }: CrossPlan, means: Means): CrossValidation {
  const scenarios = commonDates(problem.scenarios)
  const whole = { ...plan, rows: scenarios.dates.length }
  const splits = combinatorialSplits(whole)
  const tried = splits.map(({ train, test }) => tryOut({ problem, scenarios, means, scaled }, { train, test: test.flat() }))
  const byFold = testPaths(whole)
  const ofFold = (split: number, fold: number): Float64Array => {
    const { test, tested } = splits[split] as (typeof splits)[number]
    const before = test.slice(0, tested.indexOf(fold)).flat().length
    return (tried[split] as (typeof tried)[number]).returns.subarray(before, before + (test[tested.indexOf(fold)] as number[]).length)
  }
  const count = byFold[0]?.length ?? 0
  const paths = Array.from({ length: count }, (_, path) =>
    Float64Array.from(byFold.flatMap((tries, fold) => [...ofFold(tries[path] as number, fold)])),
  )
  return { plan, ...sideBySide(tried, Float64Array.from(paths.flatMap(path => [...path]))), path_sharpes: paths.map(sharpe) }
}
