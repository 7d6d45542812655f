import { dayWeightsOf, type SmoothFunction } from './block.ts'
import { addTransposed, type DayMatrix, times } from './day-matrix.ts'

/** Half the sum of squared shortfalls ÷ (T − 1), of columns without their means; its curvature is that of the days that fall short. Markowitz (1959). */
export const smoothSemivariance =
  (matrix: DayMatrix): SmoothFunction =>
  weights => {
    const each = 1 / (matrix.days - 1)
    const short = times(matrix, weights).map(value => Math.min(value, 0))
    const slope = new Float64Array(weights.length)
    addTransposed(matrix, short, slope, each)
    return {
      value: short.reduce((sum, value) => sum + value ** 2, 0) * (each / 2),
      slope,
      curve(system, factor) {
        const days = dayWeightsOf(system, matrix)
        for (const [day, value] of short.entries()) if (value < 0) days[day] = (days[day] as number) + factor * each
      },
    }
  }
