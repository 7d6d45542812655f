import { dot } from '../scenarios.ts'

/** One equation of the border: its coefficients of the inner unknowns, and minus what it has of its own unknown (≥ 0). */
export interface BorderRow {
  coefficients: Float64Array
  damping: number
}

/** A symmetric positive definite matrix with a few rows and columns around it, whose own corner is diagonal and not positive. */
export interface BorderedSystem {
  width: number
  /** Row after row; only the lower triangle is read. */
  cells: Float64Array
  border: BorderRow[]
}

export interface Solution {
  inner: Float64Array
  outer: Float64Array
}

/** What is added to a pivot that rounding has made nothing of. */
const LEAST_PIVOT = 1e-14

/** Factors the system in place, and gives back what solves it. Cholesky inside, its complement for the border. */
export function factored({ width, cells, border }: BorderedSystem): (inner: Float64Array, outer: Float64Array) => Solution {
  cholesky(cells, width)
  const across = border.map(({ coefficients }) => substituted(cells, width, coefficients.slice()))
  const corner = border.map(({ coefficients, damping }, row) =>
    Float64Array.from(border, (_, column) => dot(coefficients, across[column] as Float64Array) + (row === column ? damping : 0)),
  )
  return (inner, outer) => {
    const first = substituted(cells, width, inner.slice())
    const found = eliminated(
      corner,
      Float64Array.from(border, ({ coefficients }, row) => dot(coefficients, first) - (outer[row] as number)),
    )
    for (const [row, column] of across.entries())
      for (let index = 0; index < width; index += 1)
        first[index] = (first[index] as number) - (found[row] as number) * (column[index] as number)
    return { inner: first, outer: found }
  }
}

function cholesky(cells: Float64Array, width: number): void {
  for (let row = 0; row < width; row += 1) {
    const start = row * width
    const least = LEAST_PIVOT * Math.max(Math.abs(cells[start + row] as number), LEAST_PIVOT)
    for (let column = 0; column <= row; column += 1) {
      const other = column * width
      let [one, two] = [cells[start + column] as number, 0]
      let index = 0
      for (; index + 1 < column; index += 2) {
        one -= (cells[start + index] as number) * (cells[other + index] as number)
        two -= (cells[start + index + 1] as number) * (cells[other + index + 1] as number)
      }
      if (index < column) one -= (cells[start + index] as number) * (cells[other + index] as number)
      const rest = one + two
      cells[start + column] = row === column ? Math.sqrt(Math.max(rest, least)) : rest / (cells[other + column] as number)
    }
  }
}

function substituted(factor: Float64Array, width: number, right: Float64Array): Float64Array {
  for (let row = 0; row < width; row += 1) {
    let rest = right[row] as number
    const start = row * width
    for (let column = 0; column < row; column += 1) rest -= (factor[start + column] as number) * (right[column] as number)
    right[row] = rest / (factor[start + row] as number)
  }
  for (let row = width - 1; row >= 0; row -= 1) {
    const value = (right[row] as number) / (factor[row * width + row] as number)
    right[row] = value
    const start = row * width
    for (let column = 0; column < row; column += 1) right[column] = (right[column] as number) - value * (factor[start + column] as number)
  }
  return right
}

type Row = Float64Array<ArrayBuffer>

/** Gauss with pivots, for the few equations of a border. */
function eliminated(matrix: readonly Float64Array[], right: Float64Array): Float64Array {
  const rows = matrix.map((row, index) => Float64Array.from([...row, right[index] as number]))
  const size = rows.length
  for (let column = 0; column < size; column += 1) {
    let pivot = column
    for (let row = column + 1; row < size; row += 1)
      if (Math.abs(rows[row]?.[column] as number) > Math.abs(rows[pivot]?.[column] as number)) pivot = row
    ;[rows[pivot], rows[column]] = [rows[column] as Row, rows[pivot] as Row]
    const top = rows[column] as Row
    for (const [index, row] of rows.entries()) {
      if (index === column) continue
      const factor = (row[column] as number) / (top[column] as number)
      if (factor !== 0) for (let at = column; at <= size; at += 1) row[at] = (row[at] as number) - factor * (top[at] as number)
    }
  }
  return Float64Array.from(rows, (row, index) => (row[size] as number) / (row[index] as number))
}
