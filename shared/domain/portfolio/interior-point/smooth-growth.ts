import { dot } from '../scenarios.ts'
import { dayWeightsOf, type SmoothFunction, type StepSystem } from './block.ts'
import { addTransposed, type DayMatrix, times } from './day-matrix.ts'
import { addOuter } from './linear-blocks.ts'

/** Less growth, percent: −100 × mean ln(1 + p ÷ 100), with its curvature; not defined at ruin. Kelly (1956). */
export const smoothGrowth =
  (matrix: DayMatrix): SmoothFunction =>
  weights => {
    const left = times(matrix, weights).map(value => 1 + value / 100)
    const slope = new Float64Array(weights.length)
    addTransposed(
      matrix,
      left.map(value => -1 / (value * matrix.days)),
      slope,
    )
    return {
      value: left.reduce((sum, value) => sum - (value > 0 ? Math.log(value) : Number.NEGATIVE_INFINITY), 0) * (100 / matrix.days),
      slope,
      curve(system, factor) {
        const days = dayWeightsOf(system, matrix)
        const usual = factor / (100 * matrix.days)
        for (const [day, value] of left.entries()) days[day] = (days[day] as number) + usual / value ** 2
      },
    }
  }

interface Moments {
  /** Means of the columns. */
  expected: Float64Array
  covariance: readonly Float64Array[]
}

/** Mean − floor × deviation ≥ 0, which keeps a ratio over its floor: a concave function. */
export const smoothFloor =
  ({ expected, covariance }: Moments, floor: number): SmoothFunction =>
  weights => {
    const marginal = Float64Array.from(covariance, row => dot(row, weights))
    const deviation = Math.sqrt(Math.max(dot(marginal, weights), Number.MIN_VALUE))
    return {
      value: dot(expected, weights) - floor * deviation,
      slope: expected.map((value, index) => value - (floor * (marginal[index] as number)) / deviation),
      curve(system, factor) {
        addMatrix(system, covariance, (-factor * floor) / deviation)
        addOuter(system, marginal, (factor * floor) / deviation ** 3)
      },
    }
  }

function addMatrix({ cells, width }: StepSystem, matrix: readonly Float64Array[], factor: number): void {
  for (const [row, values] of matrix.entries())
    for (let column = 0; column <= row; column += 1)
      cells[row * width + column] = (cells[row * width + column] as number) + factor * (values[column] as number)
}
