import { capitalLadder, searchFloor } from './minimum-account.ts'
import { commonDates, type Scenarios } from './scenarios.ts'

/** A coin’s lot is so small that its weight changes at every dollar: somebody waits, so that walk is not gone to its end. */
const MOST_STEPS = 20_000

export interface SizesQuestion {
  scenarios: Scenarios
  /** Fractions of equity, in the order of the scenarios. */
  weights: readonly number[]
  /** Capital that one whole unit of each strategy is traded on; null where its price is not known. */
  capital_per_unit: readonly (number | null)[]
  /** Margin of each strategy at weight 1, as a fraction of its capital. */
  margin: readonly number[]
  /** Shares of equity. */
  margin_limit: number
  /** Null: there is none. */
  cvar_limit: number | null
}

export interface AccountSizes {
  /** Least equity that buys a whole unit of each weight inside the limits; null where none was found, or a price is missing. */
  min_equity: number | null
  /** Where the search was given up, the equity up to which there is none; null where there is one, or none of any size. */
  none_up_to?: number | null
  /** Whole units there. */
  units: Record<string, number>
  /** Capital from which each strategy is affordable; null where it has no weight or no price. */
  affordable_from: Record<string, number | null>
  ladder: {
    capital: number
    units: Record<string, number>
    unaffordable: string[]
    margin_use: number
    cvar_use: number
    within_limits: boolean
  }[]
  /** Strategies with weight whose price is not known; nothing above counts them. */
  unpriced: string[]
}

/** Minimum account size of weights and what they buy as capital grows (POR-8); money in one currency, the rest fractions. */
export function accountSizes(asked: SizesQuestion): AccountSizes {
  const { weights, capital_per_unit, margin, margin_limit, cvar_limit } = asked
  const { names, columns } = commonDates(asked.scenarios)
  const priced = names.flatMap((_, index) => (capital_per_unit[index] == null ? [] : [index]))
  const of = <T>(list: readonly T[]): T[] => priced.map(index => list[index] as T)
  const capital = of(capital_per_unit).map(each => each ?? 0)
  const known = of(names)
  const named = <T>(list: readonly T[]) => Object.fromEntries(known.map((name, index) => [name, list[index] as T]))
  const question = {
    weights: of(weights),
    capital_per_unit: capital,
    margin_per_unit: of(margin).map((share, index) => share * (capital[index] ?? 0)),
    columns: of(columns),
    margin_limit,
    cvar_limit: cvar_limit ?? Number.POSITIVE_INFINITY,
  }
  const unpriced = names.filter((_, index) => (weights[index] ?? 0) > 0 && capital_per_unit[index] == null)
  const { floor, given_up_at } = unpriced.length > 0 ? { floor: null, given_up_at: null } : searchFloor(question, MOST_STEPS)
  const { rungs, affordable_from } = capitalLadder(question)
  return {
    min_equity: floor?.min_equity ?? null,
    none_up_to: given_up_at,
    units: floor ? named(floor.units) : {},
    affordable_from: named(affordable_from),
    ladder: rungs.map(({ units, unaffordable, ...rung }) => ({
      ...rung,
      units: named(units),
      unaffordable: unaffordable.map(index => known[index] ?? ''),
    })),
    unpriced,
  }
}
