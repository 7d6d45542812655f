import type { Scenarios } from './scenarios.ts'

export interface LineFault {
  /** From 1, the header's. */
  line: number
  fault: string
}

const DAY = /^\d{4}-\d{2}-\d{2}$/

/** Whether a text is a day of the calendar. */
function isDay(text: string): boolean {
  if (!DAY.test(text)) return false
  const [year = 0, month = 0, day = 0] = text.split('-').map(Number)
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return day >= 1 && day <= (lengths[month - 1] ?? 0)
}

/**
 * Reads `date,NAME,…` with one row a day, oldest first: simple daily returns as fractions, an empty cell where there is no observation.
 * Answers every fault with its line, or the returns.
 */
export function readReturns(text: string): { scenarios: Scenarios; faults: LineFault[] } {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const [first, ...names] = (lines[0] ?? '').split(',').map(cell => cell.trim())
  const faults: LineFault[] = headerFaults(first ?? '', names)
  const dates: string[] = []
  const rows: number[][] = []
  for (const [index, line] of lines.entries()) {
    if (index === 0 || line.trim() === '') continue
    const cells = line.split(',').map(cell => cell.trim())
    const number = index + 1
    faults.push(...rowFaults(cells, { line: number, names, before: dates.at(-1) }))
    dates.push(cells[0] ?? '')
    rows.push(names.map((_, column) => (cells[column + 1] ? Number(cells[column + 1]) : Number.NaN)))
  }
  if (rows.length < 2 && faults.length === 0) faults.push({ line: lines.length, fault: 'there are fewer than two days of returns' })
  const columns = names.map((_, column) => Float64Array.from(rows, row => row[column] as number))
  for (const [column, values] of columns.entries())
    if (faults.length === 0 && values.every(Number.isNaN)) faults.push({ line: 1, fault: `${names[column]} has no observation at all` })
  return { scenarios: { names, dates, columns }, faults }
}

function headerFaults(first: string, names: readonly string[]): LineFault[] {
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  return [
    ...(first.toLowerCase() === 'date' ? [] : [{ line: 1, fault: `the first column must be date, not “${first}”` }]),
    ...(names.length > 0 ? [] : [{ line: 1, fault: 'there is no column of returns after the date' }]),
    ...(names.includes('') ? [{ line: 1, fault: 'a column has no name' }] : []),
    ...(repeated ? [{ line: 1, fault: `two columns are called ${repeated}` }] : []),
  ]
}

interface RowContext {
  line: number
  names: readonly string[]
  before: string | undefined
}

function rowFaults(cells: readonly string[], { line, names, before }: RowContext): LineFault[] {
  const [date = '', ...values] = cells
  const faults: string[] = []
  if (!isDay(date)) faults.push(`“${date}” is not a date of the form YYYY-MM-DD`)
  else if (before === date) faults.push(`${date} is there twice`)
  else if (before !== undefined && date < before) faults.push(`${date} comes after ${before}: the oldest must come first`)
  if (values.length !== names.length) faults.push(`${values.length} returns where the header names ${names.length}`)
  for (const [column, cell] of values.entries()) {
    const value = Number(cell)
    if (cell === '') continue
    if (!Number.isFinite(value)) faults.push(`${names[column] ?? `column ${column + 2}`}: “${cell}” is not a number`)
    else if (value < -1) faults.push(`${names[column] ?? `column ${column + 2}`}: ${cell} loses more than everything`)
  }
  return faults.map(fault => ({ line, fault }))
}
