import { ledoitWolf } from './ledoit-wolf.ts'
import { meanDaily } from './measures/mean-daily.ts'
import { dot } from './scenarios.ts'
import { eigen, solvePositive } from './symmetric-matrix.ts'

/** Shares of the mean variance under which a direction is empty: nothing there to stretch. */
const EMPTY = 1e-12

/**
 * Scenarios whose covariance is the Ledoit–Wolf one and whose means are drawn toward that of the least-variance portfolio, day by day in the shape of
 * the history: each principal direction is stretched by the root of its shrunk over its own variance.
 * Ledoit & Wolf (2004); Jorion, Journal of Financial and Quantitative Analysis 21 (1986), equation 17, for the means.
 */
export function shrunkScenarios(columns: readonly Float64Array[]): Float64Array[] {
  const { covariance, sample, delta, mean } = ledoitWolf(columns)
  if (mean === 0) return columns.map(column => column.slice())
  const means = Float64Array.from(columns, meanDaily)
  const targets = shrunkMeans(means, covariance, columns[0]?.length ?? 0)
  const { values, vectors } = eigen(sample)
  const factors = values.map(value => (value <= EMPTY * mean ? 1 : Math.sqrt(((1 - delta) * value + delta * mean) / value)))
  const stretch = columns.map((_, row) =>
    Float64Array.from(columns, (__, column) =>
      vectors.reduce((sum, vector, index) => sum + (vector[row] as number) * (factors[index] as number) * (vector[column] as number), 0),
    ),
  )
  const centred = columns.map((column, index) => column.map(value => value - (means[index] as number)))
  return stretch.map((row, index) => combined(centred, row, targets[index] as number))
}

function combined(columns: readonly Float64Array[], factors: Float64Array, start: number): Float64Array {
  const sum = new Float64Array(columns[0]?.length ?? 0).fill(start)
  for (const [index, column] of columns.entries()) {
    const factor = factors[index] as number
    for (let day = 0; day < sum.length; day += 1) sum[day] = (sum[day] as number) + factor * (column[day] as number)
  }
  return sum
}

/** Bayes–Stein means: φ of the way to the mean of the least-variance portfolio, φ = (N + 2) ÷ (N + 2 + T·(μ − μ₀)′Σ⁻¹(μ − μ₀)). */
function shrunkMeans(means: Float64Array, covariance: readonly Float64Array[], days: number): Float64Array {
  const ones = new Float64Array(means.length).fill(1)
  const leastVariance = solvePositive(covariance, ones)
  const common = dot(leastVariance, means) / dot(leastVariance, ones)
  const away = means.map(value => value - common)
  const distance = dot(away, solvePositive(covariance, away))
  const share = (means.length + 2) / (means.length + 2 + days * distance)
  const shrunk = means.map(value => (1 - share) * value + share * common)
  // Where what hedges itself entirely was not shrunk, nothing has the least variance: the means stay.
  return shrunk.every(Number.isFinite) ? shrunk : means
}
