import type { Scenarios } from '../scenarios.ts'
import type { DatedReturns } from './live-overlay.ts'

/** Weights that came into force on a day, fractions of equity by strategy. */
export interface Held {
  /** YYYY-MM-DD. */
  from: string
  weights: Readonly<Record<string, number>>
}

/**
 * What backtests say that the weights in force have earned, day by day since the first of them, as fractions; days on which a strategy that is held
 * has no observation are left out. `held` is oldest first.
 */
export function heldReturns({ names, dates, columns }: Scenarios, held: readonly Held[]): DatedReturns {
  const known: { date: string; value: number }[] = []
  let at = -1
  for (const [day, date] of dates.entries()) {
    while (held[at + 1] && (held[at + 1] as Held).from <= date) at += 1
    const weights = held[at]?.weights
    if (!weights) continue
    const value = Object.entries(weights).reduce((sum, [name, weight]) => {
      const column = columns[names.indexOf(name)]
      return weight === 0 ? sum : sum + weight * (column?.[day] ?? Number.NaN)
    }, 0)
    if (!Number.isNaN(value)) known.push({ date, value })
  }
  return { dates: known.map(({ date }) => date), returns: known.map(({ value }) => value) }
}
