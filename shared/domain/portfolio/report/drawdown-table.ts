import { compoundedDrawdowns } from '../measures/drawdowns.ts'
import type { Returns } from '../measures/series.ts'

export interface DrawdownRow {
  /** First day under the peak, lowest day, and the first day back at it; null while it lasts. */
  from: string
  lowest: string
  recovered: string | null
  /** Compounded, fraction of the peak. */
  depth: number
  /** Trading days under the peak. */
  days: number
}

/** The deepest drawdowns, deepest first. */
export function drawdownTable(dates: readonly string[], returns: Returns, count = 10): DrawdownRow[] {
  const rows: DrawdownRow[] = []
  let current: DrawdownRow | null = null
  for (const [day, depth] of compoundedDrawdowns(returns).entries()) {
    const date = dates[day] as string
    if (depth === 0) {
      if (current) rows.push({ ...current, recovered: date })
      current = null
      continue
    }
    current ??= { from: date, lowest: date, recovered: null, depth: 0, days: 0 }
    const deeper: boolean = depth > current.depth
    current = { ...current, days: current.days + 1, ...(deeper && { depth, lowest: date }) }
  }
  if (current) rows.push(current)
  return rows.sort((one, other) => other.depth - one.depth).slice(0, count)
}
