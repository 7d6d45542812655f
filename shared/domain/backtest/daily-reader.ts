import { addFault, cellsOf, dayText, type Faults, noFaults, type RowFault, readDay, readNumber } from './row-fault.ts'

/** Days in order with their returns (fractions of the equity before); margin and equity where the file has them. */
export interface DailySeries {
  dates: string[]
  daily_returns: number[]
  daily_margin: number[] | null
  daily_equity: number[] | null
}

export type DailyResult =
  | { kind: 'series'; series: DailySeries; warnings: string[] }
  | { kind: 'faults'; faults: RowFault[]; count: number }

type Column = 'date' | 'return' | 'equity' | 'pnl' | 'margin'
type Columns = Partial<Record<Column, number>>

const names: Record<string, Column> = {
  date: 'date',
  return: 'return',
  returns: 'return',
  daily_return: 'return',
  daily_returns: 'return',
  equity: 'equity',
  account_equity: 'equity',
  daily_equity: 'equity',
  pnl: 'pnl',
  daily_pnl: 'pnl',
  margin: 'margin',
  daily_margin: 'margin',
}

const FORMS = '“date, return”, “date, equity” or “date, pnl, margin, equity”'
/** What one document of the database holds. */
const MOST_ROWS = 400_000
/** More than the longest that an exchange has been closed. */
const LONGEST_CLOSURE_DAYS = 7

/** What is kept of a daily backtest while it is read line by line: whatever the file's length, only its numbers. */
export interface DailyReading {
  faults: Faults
  columns: Columns | null
  days: number[]
  /** Every day that is in its place, whatever the rest of its row, and its line. */
  calendar: number[]
  lines: number[]
  seen: Set<number>
  returns: number[]
  margins: number[]
  equities: number[]
  /** Equity of the row before. */
  before: number | null
  latest: number
  /** Lines so far. */
  count: number
}

export const startDaily = (): DailyReading => ({
  faults: noFaults(),
  columns: null,
  days: [],
  calendar: [],
  lines: [],
  seen: new Set(),
  returns: [],
  margins: [],
  equities: [],
  before: null,
  latest: Number.NEGATIVE_INFINITY,
  count: 0,
})

export function readDailyLine(state: DailyReading, text: string): void {
  state.count += 1
  if (text.trim() === '') return
  const cells = cellsOf(text)
  if (state.columns === null) readHeader(state, cells)
  else readRow(state, state.columns, cells)
}

function readHeader(state: DailyReading, cells: string[]): void {
  const columns: Columns = {}
  for (const [index, cell] of cells.entries()) {
    const column = names[cell.toLowerCase().replaceAll(/[\s&-]+/g, '_')]
    if (column) columns[column] ??= index
  }
  state.columns = columns
  const known = columns.date !== undefined && (columns.return !== undefined || columns.equity !== undefined)
  if (!known || (columns.pnl !== undefined && (columns.margin === undefined || columns.equity === undefined))) {
    addFault(state.faults, { line: state.count, code: 'COLUMNS', message: `the columns must be ${FORMS}, named in the first line` })
  }
}

function readRow(state: DailyReading, columns: Columns, cells: string[]): void {
  if (state.faults.listed[0]?.code === 'COLUMNS') return
  if (state.days.length >= MOST_ROWS) return void fault(state, 'TOO_LONG', `at most ${MOST_ROWS} days are kept`)
  const day = readDate(state, cells[columns.date ?? 0] ?? '')
  const value = (column: Column) => (columns[column] === undefined ? null : readCell(state, column, cells[columns[column]] ?? ''))
  const row = { return: value('return'), equity: value('equity'), pnl: value('pnl'), margin: value('margin') }
  const fraction = returnOf(state, columns, row)
  if (day === null || fraction === null) return
  state.days.push(day)
  state.returns.push(fraction)
  if (row.margin !== null) state.margins.push(row.margin)
  if (row.equity !== null) state.equities.push(row.equity)
}

function fault(state: DailyReading, code: RowFault['code'], message: string): null {
  addFault(state.faults, { line: state.count, code, message })
  return null
}

function readDate(state: DailyReading, cell: string): number | null {
  const day = readDay(cell)
  if (day === null) return fault(state, 'NOT_A_DATE', `“${cell.slice(0, 40)}” is not a day; write YYYY-MM-DD`)
  if (state.seen.has(day)) return fault(state, 'DUPLICATE', `${dayText(day)} was there before`)
  state.seen.add(day)
  if (day < state.latest) return fault(state, 'UNSORTED', `${dayText(day)} comes after ${dayText(state.latest)}`)
  state.latest = day
  state.calendar.push(day)
  state.lines.push(state.count)
  return day
}

function readCell(state: DailyReading, column: Column, cell: string): number | null {
  const value = readNumber(cell)
  return value === null ? fault(state, 'NOT_A_NUMBER', `${column} “${cell.slice(0, 40)}” is not a number`) : value
}

/** The day's return by whichever columns there are; null for the first equity, from which the next day's is counted. */
function returnOf(
  state: DailyReading,
  columns: Columns,
  row: { return: number | null; equity: number | null; pnl: number | null },
): number | null {
  if (columns.return !== undefined) return row.return === null ? null : checked(state, row.return)
  const { equity } = row
  if (equity === null) return null
  if (columns.pnl !== undefined) {
    if (row.pnl === null) return null
    // What was paid in or out that day is no return: the day began with what it ended with, less what it earned.
    return equity - row.pnl > 0
      ? checked(state, row.pnl / (equity - row.pnl))
      : fault(state, 'NOT_POSITIVE', 'equity less pnl must be more than 0')
  }
  if (equity < 0) return fault(state, 'RETURN_BELOW_MINUS_100_PCT', `equity ${equity} is below 0`)
  const { before } = state
  if (before === 0) return fault(state, 'NOT_POSITIVE', 'nothing can be earned on an equity of 0')
  state.before = equity
  return before === null ? null : equity / before - 1
}

function checked(state: DailyReading, fraction: number): number | null {
  if (fraction >= -1) return fraction
  return fault(state, 'RETURN_BELOW_MINUS_100_PCT', `a return of ${(fraction * 100).toFixed(2)} % loses more than all there is`)
}

export function finishDaily(state: DailyReading): DailyResult {
  if (state.columns === null)
    addFault(state.faults, { line: 1, code: 'COLUMNS', message: `the file is empty; it must have the columns ${FORMS}` })
  const warnings = checkGaps(state)
  if (state.faults.count === 0 && state.days.length < 2) {
    addFault(state.faults, { line: Math.max(state.count, 1), code: 'TOO_SHORT', message: 'at least two days of returns are needed' })
  }
  if (state.faults.count > 0) {
    const faults = state.faults.listed.sort((one, other) => one.line - other.line)
    return { kind: 'faults', faults, count: state.faults.count }
  }
  const dates = state.days.map(dayText)
  const whole = (values: number[]) => (values.length === state.days.length ? values : null)
  const [daily_margin, daily_equity] = [whole(state.margins), whole(state.equities)]
  return { kind: 'series', series: { dates, daily_returns: state.returns, daily_margin, daily_equity }, warnings }
}

/** A series that trades on Saturdays trades every day; any other pauses at weekends and holidays, but never for longer than a week. */
function checkGaps(state: DailyReading): string[] {
  const saturdays = state.calendar.filter(day => (day + 4) % 7 === 6).length
  const longest = saturdays > state.calendar.length / 10 ? 1 : LONGEST_CLOSURE_DAYS
  const warnings: string[] = []
  for (const [index, day] of state.calendar.entries()) {
    const last = state.calendar[index - 1]
    if (last === undefined) continue
    const [from, line] = [dayText(last), state.lines[index] ?? 0]
    if (day - last > longest)
      addFault(state.faults, { line: line, code: 'GAP', message: `${day - last - 1} days are missing between ${from} and ${dayText(day)}` })
    else if (day - last > 4 && warnings.length < 100) warnings.push(`line ${line}: nothing between ${from} and ${dayText(day)}`)
  }
  return warnings
}
