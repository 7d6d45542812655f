export type SymmetricMatrix = readonly Float64Array[]

const at = (matrix: SymmetricMatrix, row: number, column: number): number => (matrix[row] as Float64Array)[column] as number

/** Solves matrix × x = right by Cholesky; the matrix is symmetric positive definite. */
export function solvePositive(matrix: SymmetricMatrix, right: ArrayLike<number>): Float64Array {
  const factor = cholesky(matrix)
  const size = matrix.length
  const x = Float64Array.from(right)
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1) x[row] = (x[row] as number) - at(factor, row, column) * (x[column] as number)
    x[row] = (x[row] as number) / at(factor, row, row)
  }
  for (let row = size - 1; row >= 0; row -= 1) {
    for (let below = row + 1; below < size; below += 1) x[row] = (x[row] as number) - at(factor, below, row) * (x[below] as number)
    x[row] = (x[row] as number) / at(factor, row, row)
  }
  return x
}

function cholesky(matrix: SymmetricMatrix): Float64Array[] {
  const factor = matrix.map(row => new Float64Array(row.length))
  for (const [row, target] of factor.entries()) {
    for (let column = 0; column <= row; column += 1) {
      const other = factor[column] as Float64Array
      let rest = at(matrix, row, column)
      for (let index = 0; index < column; index += 1) rest -= (target[index] as number) * (other[index] as number)
      target[column] = row === column ? Math.sqrt(rest) : rest / (other[column] as number)
    }
  }
  return factor
}

/** Eigenvalues, and eigenvectors as rows, of a symmetric matrix, by cyclic rotations. Jacobi, Crelle's Journal 30 (1846). */
export function eigen(matrix: SymmetricMatrix): { values: Float64Array; vectors: Float64Array[] } {
  const work = matrix.map(row => row.slice())
  const vectors = matrix.map((row, index) => row.map((_, column) => (index === column ? 1 : 0)))
  const size = matrix.reduce((sum, row) => sum + row.reduce((part, value) => part + value ** 2, 0), 0)
  for (let sweep = 0; sweep < 50 && offDiagonal(work) > 1e-26 * size; sweep += 1) {
    for (let one = 0; one < work.length; one += 1)
      for (let other = one + 1; other < work.length; other += 1) rotate(work, vectors, one, other)
  }
  return { values: Float64Array.from(work, (row, index) => row[index] as number), vectors }
}

const offDiagonal = (matrix: SymmetricMatrix): number =>
  matrix.reduce((sum, row, index) => sum + row.reduce((part, value, column) => (column === index ? part : part + value ** 2), 0), 0)

function rotate(work: Float64Array[], vectors: Float64Array[], one: number, other: number): void {
  const off = at(work, one, other)
  if (off === 0) return
  const theta = (at(work, other, other) - at(work, one, one)) / (2 * off)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  for (const row of work) turn(row, one, other, cosine, sine)
  turnRows(work, one, other, cosine, sine)
  turnRows(vectors, one, other, cosine, sine)
}

function turn(row: Float64Array, one: number, other: number, cosine: number, sine: number): void {
  const [first, second] = [row[one] as number, row[other] as number]
  row[one] = cosine * first - sine * second
  row[other] = sine * first + cosine * second
}

function turnRows(rows: Float64Array[], one: number, other: number, cosine: number, sine: number): void {
  const [first, second] = [rows[one] as Float64Array, rows[other] as Float64Array]
  for (let column = 0; column < first.length; column += 1) {
    const [top, bottom] = [first[column] as number, second[column] as number]
    first[column] = cosine * top - sine * bottom
    second[column] = sine * top + cosine * bottom
  }
}
