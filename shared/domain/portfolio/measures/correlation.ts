import { meanDaily } from './mean-daily.ts'
import { NO_VOLATILITY } from './sharpe.ts'

/** Sample covariance matrix (ddof 1) of columns without gaps; in the columns' units squared. */
export function covariance(columns: readonly Float64Array[]): Float64Array[] {
  const days = columns[0]?.length ?? 0
  const centred = columns.map(column => {
    const mean = meanDaily(column)
    return column.map(value => value - mean)
  })
  const matrix = columns.map(() => new Float64Array(columns.length))
  for (let from = 0; from < days; from += BLOCK) {
    const block = centred.map(column => column.subarray(from, from + BLOCK))
    for (const [row, one] of block.entries()) {
      const target = matrix[row] as Float64Array
      for (let column = 0; column <= row; column += 1)
        target[column] = (target[column] as number) + product(one, block[column] as Float64Array)
    }
  }
  return mirrored(matrix, days - 1)
}

/** Days at a time: so many of all strategies stay in a processor's cache. */
const BLOCK = 256

function mirrored(lower: Float64Array[], divisor: number): Float64Array[] {
  for (const [row, values] of lower.entries()) {
    for (let column = 0; column <= row; column += 1) {
      const value = (values[column] as number) / divisor
      values[column] = value
      ;(lower[column] as Float64Array)[row] = value
    }
  }
  return lower
}

/** Four sums at once: a single one waits for each addition before the next. */
function product(one: Float64Array, other: Float64Array): number {
  let [first, second, third, fourth] = [0, 0, 0, 0]
  const whole = one.length - (one.length % 4)
  for (let day = 0; day < whole; day += 4) {
    first += (one[day] as number) * (other[day] as number)
    second += (one[day + 1] as number) * (other[day + 1] as number)
    third += (one[day + 2] as number) * (other[day + 2] as number)
    fourth += (one[day + 3] as number) * (other[day + 3] as number)
  }
  for (let day = whole; day < one.length; day += 1) first += (one[day] as number) * (other[day] as number)
  return first + second + third + fourth
}

export type Correlations = (number | null)[][]

/** Pearson correlations of columns without gaps; null in the row and column of what does not vary. */
export function correlations(columns: readonly Float64Array[]): Correlations {
  const matrix = covariance(columns)
  const deviations = matrix.map((row, index) => Math.sqrt(row[index] as number))
  return matrix.map((row, one) =>
    Array.from(row, (value, other) => {
      const [first, second] = [deviations[one] as number, deviations[other] as number]
      if (!(first > NO_VOLATILITY && second > NO_VOLATILITY)) return null
      return one === other ? 1 : Math.max(-1, Math.min(1, value / (first * second)))
    }),
  )
}

/** Pearson correlation of each pair over the dates that both have; NaN marks no observation. Need not be positive semidefinite. */
export function pairwiseCorrelations(columns: readonly Float64Array[]): Correlations {
  if (columns.every(column => !column.some(Number.isNaN))) return correlations(columns)
  const matrix: Correlations = columns.map(() => columns.map(() => null))
  for (const [row, one] of columns.entries()) {
    for (let column = 0; column <= row; column += 1) {
      const other = columns[column] as Float64Array
      const both = Array.from(one, (_, day) => day).filter(day => !Number.isNaN(one[day]) && !Number.isNaN(other[day]))
      const pair = [one, other].map(values => Float64Array.from(both, day => values[day] as number))
      const value = correlations(pair)[0]?.[1] ?? null
      ;(matrix[row] as (number | null)[])[column] = row === column && value !== null ? 1 : value
      ;(matrix[column] as (number | null)[])[row] = (matrix[row] as (number | null)[])[column] as number | null
    }
  }
  return matrix
}
