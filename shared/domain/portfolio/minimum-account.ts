import { cvar } from './measures/cvar.ts'
import { total } from './measures/series.ts'
import { dot, portfolioReturns } from './scenarios.ts'

/** What whole contracts of each strategy need. Money is in one currency; statistics, so numbers. */
export interface AccountQuestion {
  weights: readonly number[]
  /** Capital that one unit of each strategy is traded on. */
  capital_per_unit: readonly number[]
  margin_per_unit: readonly number[]
  /** Daily returns of each strategy on its capital, fractions, common dates. */
  columns: readonly Float64Array[]
  /** Shares of equity. */
  margin_limit: number
  cvar_limit: number
}

export interface MinimumAccount {
  min_equity: number
  units: number[]
  /** Shares of `min_equity`. */
  margin_use: number
  cvar_use: number
}

/** Keeps a quotient that is whole but for its last binary digit. */
const HAIR = 1e-9
const MAX_STEPS = 200_000

/** Money lost on an average day of the worst 5 %, at some units of each. */
const cvarOfUnits = ({ columns, capital_per_unit }: AccountQuestion, units: readonly number[]): number =>
  cvar(
    portfolioReturns(
      columns,
      units.map((unit, index) => unit * (capital_per_unit[index] as number)),
    ),
  )

/** Equity that some units need under both limits. */
function needed(question: AccountQuestion, units: readonly number[]): number {
  const { margin_per_unit, margin_limit, cvar_limit } = question
  return Math.max(dot(units, margin_per_unit) / margin_limit, cvarOfUnits(question, units) / cvar_limit)
}

function accountOf(question: AccountQuestion, units: number[], equity: number): MinimumAccount {
  const margin_use = dot(units, question.margin_per_unit) / equity
  return { min_equity: equity, units, margin_use, cvar_use: cvarOfUnits(question, units) / equity }
}

/** Least equity for one unit of every strategy that has weight: the larger of what margin and what CVaR₉₅ ask for. */
export function oneUnitEach(question: AccountQuestion): MinimumAccount {
  const units = question.weights.map(weight => (weight > 0 ? 1 : 0))
  return accountOf(question, units, needed(question, units))
}

/** Whole units at an equity: ⌊weight × equity ÷ capital of one⌋. */
const unitsAt = ({ weights, capital_per_unit }: AccountQuestion, equity: number): number[] =>
  weights.map((weight, index) => Math.floor((weight * equity) / (capital_per_unit[index] as number) + HAIR))

/** Where the walk for the least account ended. */
export interface FloorSearch {
  floor: MinimumAccount | null
  /** Up to which equity none was found, where the walk was given up; null where it found one, or there is none at all. */
  given_up_at: number | null
}

/**
 * Least equity at which the weights buy a whole unit of each strategy that has weight, with margin and CVaR₉₅ inside their limits. Units only change
 * at multiples of capital ÷ weight, so those steps are walked, but for those over which no account can be; after `most` of them it is given up.
 */
export function searchFloor(question: AccountQuestion, most = MAX_STEPS): FloorSearch {
  const { weights, capital_per_unit } = question
  const steps = weights.flatMap((weight, index) => (weight > 0 ? [(capital_per_unit[index] as number) / weight] : []))
  const none = { floor: null, given_up_at: null }
  if (steps.length === 0) return none
  const last = lastPossible(question)
  const leapFrom = leap(question)
  let equity = Math.max(...steps)
  for (let walked = 0; walked < most && equity <= last; walked += 1) {
    const units = unitsAt(question, equity)
    const next = Math.min(...steps.map(step => step * (Math.floor(equity / step + HAIR) + 1)))
    const least = Math.max(equity, needed(question, units))
    if (least < next) return { floor: accountOf(question, units, least), given_up_at: null }
    equity = Math.max(next, leapFrom(equity, units))
  }
  return equity > last ? none : { floor: null, given_up_at: equity }
}

export const weightedFloor = (question: AccountQuestion): MinimumAccount | null => searchFloor(question).floor

/**
 * An equity under which no account can be, told at some units that need more than theirs: units only grow with equity, and so does their margin;
 * CVaR₉₅ falls at most by what the added units gain on their best days, since it is subadditive.
 */
function leap(question: AccountQuestion): (equity: number, units: readonly number[]) => number {
  const { weights, capital_per_unit, margin_per_unit, columns, margin_limit, cvar_limit } = question
  const gains = columns.map((column, index) => (weights[index] === 0 ? 0 : Math.max(0, cvar(column.map(value => -value)))))
  const ofOneMore = dot(gains, capital_per_unit)
  const ofWeights = dot(gains, weights)
  return (equity, units) => {
    const byMargin = dot(units, margin_per_unit) / margin_limit
    if (!Number.isFinite(cvar_limit)) return byMargin
    const byRisk = (cvarOfUnits(question, units) - ofOneMore + ofWeights * equity) / (cvar_limit + ofWeights)
    // Short of it by a hair, so that no step is passed by rounding.
    return Math.max(byMargin, byRisk) * (1 - HAIR)
  }
}

/** Over this equity the whole units are so near to the weights that they break a limit which the weights themselves break. */
function lastPossible(question: AccountQuestion): number {
  const { weights, capital_per_unit, margin_per_unit, columns, margin_limit, cvar_limit } = question
  const margin = total(weights.map((weight, index) => (weight * (margin_per_unit[index] as number)) / (capital_per_unit[index] as number)))
  const risk = cvar(portfolioReturns(columns, weights))
  const ones = columns.map((column, index) => Math.max(0, cvar(column)) * (capital_per_unit[index] as number))
  return Math.min(
    margin > margin_limit ? total(margin_per_unit) / (margin - margin_limit) : Number.POSITIVE_INFINITY,
    risk > cvar_limit ? total(ones) / (risk - cvar_limit) : Number.POSITIVE_INFINITY,
  )
}

/** Capital at which the ladder of POR-8 looks. */
const LADDER = [50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000] as const

export interface Rung {
  capital: number
  units: number[]
  /** Indices of strategies that have weight but not one whole unit. */
  unaffordable: number[]
  margin_use: number
  cvar_use: number
  within_limits: boolean
}

/** What the weights buy as capital grows, and from which capital each strategy is affordable (null: it has no weight). */
export function capitalLadder(
  question: AccountQuestion,
  levels: readonly number[] = LADDER,
): { rungs: Rung[]; affordable_from: (number | null)[] } {
  const { weights, capital_per_unit, margin_limit, cvar_limit } = question
  const rungs = levels.map(capital => {
    const { units, margin_use, cvar_use } = accountOf(question, unitsAt(question, capital), capital)
    const unaffordable = weights.flatMap((weight, index) => (weight > 0 && units[index] === 0 ? [index] : []))
    return { capital, units, unaffordable, margin_use, cvar_use, within_limits: margin_use <= margin_limit && cvar_use <= cvar_limit }
  })
  return { rungs, affordable_from: weights.map((weight, index) => (weight > 0 ? (capital_per_unit[index] as number) / weight : null)) }
}
