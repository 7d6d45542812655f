import type { Means, Problem } from '../problem.ts'
import { commonDates } from '../scenarios.ts'
import { type OutOfSample, sideBySide, tryOut } from './out-of-sample.ts'

export interface WalkPlan {
  /** Days that each step trains on, before the days that it is tried on. */
  train: number
  test: number
  /** Days between the two, left out. */
  purge?: number
  /** Whether weights are scaled as for an allocation. */
  scaled?: boolean
}

/** The second half of a history is walked in so many steps, if what is left to train on is not too short. */
const WALK_STEPS = 6
const LEAST_TRAINING = 60

/** The usual plan for a history of so many days; null where it is too short to be walked. */
export function walkPlan(days: number): WalkPlan | null {
  const test = Math.floor(days / (2 * WALK_STEPS))
  const train = days - test * WALK_STEPS
  return train >= LEAST_TRAINING && test > 0 ? { train, test } : null
}

export interface WalkForward extends OutOfSample {
  /** First and last tested date of each trial. */
  periods: { from: string; to: string }[]
  dates: string[]
  /** Returns of the tested days, one after another. */
  returns: number[]
}

/**
 * Trains on a window, tries on the days after it, and moves on by those. Pardo, The Evaluation and Optimization of Trading Strategies (2008), ch. 11.
 * Null where the history is too short for one step.
 */
export function walkForward(problem: Problem, { train, test, purge = 0, scaled = false }: WalkPlan, means: Means): WalkForward | null {
  const scenarios = commonDates(problem.scenarios)
  const days = scenarios.dates.length
  const starts = Array.from({ length: Math.max(0, Math.ceil((days - train - purge) / test)) }, (_, step) => step * test)
  if (starts.length === 0) return null
  const windows = starts.map(start => {
    const first = start + train + purge
    return { train: range(start, start + train), test: range(first, Math.min(first + test, days)) }
  })
  const tried = windows.map(window => tryOut({ problem, scenarios, means, scaled }, window))
  const returns = Float64Array.from(tried.flatMap(each => [...each.returns]))
  const tested = windows.flatMap(window => window.test)
  const date = (day: number | undefined) => scenarios.dates[day ?? 0] as string
  return {
    ...sideBySide(tried, returns),
    periods: windows.map(window => ({ from: date(window.test[0]), to: date(window.test.at(-1)) })),
    dates: tested.map(date),
    returns: [...returns],
  }
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index)
