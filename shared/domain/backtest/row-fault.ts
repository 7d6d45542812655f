/** What is wrong in one line of a file; lines count from 1, the header's. */
export interface RowFault {
  line: number
  code:
    | 'COLUMNS'
    | 'NOT_A_DATE'
    | 'NOT_A_NUMBER'
    | 'RETURN_BELOW_MINUS_100_PCT'
    | 'NOT_POSITIVE'
    | 'UNSORTED'
    | 'DUPLICATE'
    | 'GAP'
    | 'TOO_SHORT'
    | 'TOO_LONG'
  message: string
}

/** As many faults of a file are listed; beyond that they are only counted. */
const MOST_LISTED = 10_000

export interface Faults {
  listed: RowFault[]
  count: number
}

export const noFaults = (): Faults => ({ listed: [], count: 0 })

export function addFault(faults: Faults, fault: RowFault): void {
  faults.count += 1
  if (faults.listed.length < MOST_LISTED) faults.listed.push(fault)
}

const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$/

/** A finite number as a spreadsheet writes it; null for anything else, NaN and an empty cell included. */
export const readNumber = (cell: string): number | null => {
  if (!number.test(cell)) return null
  const value = Number(cell)
  return Number.isFinite(value) ? value : null
}

const DAY_MS = 86_400_000

/** Days since 1970 of a cell `YYYY-MM-DD`, with or without a time behind it; null where it is no day of the calendar. */
export function readDay(cell: string): number | null {
  const found = /^(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?$/.exec(cell)
  if (!found) return null
  const [year, month, day] = [Number(found[1]), Number(found[2]) - 1, Number(found[3])]
  const at = new Date(Date.UTC(year, month, day))
  return at.getUTCFullYear() === year && at.getUTCMonth() === month && at.getUTCDate() === day ? at.getTime() / DAY_MS : null
}

/** `YYYY-MM-DD` of days since 1970. */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

/** The cells of a line: commas between them, quotes around any. */
export const cellsOf = (line: string): string[] =>
  line.split(',').map(cell => (cell.includes('"') ? cell.trim().replace(/^"(.*)"$/, '$1') : cell.trim()))
