import { meanDaily } from './measures/mean-daily.ts'
import { dot } from './scenarios.ts'

export interface Shrunk {
  /** Share of the target, 0…1. */
  delta: number
  /** Population covariance (divided by T), shrunk toward its mean variance × the identity; in the columns' units squared. */
  covariance: Float64Array[]
  /** What was shrunk. */
  sample: Float64Array[]
  /** Mean variance. */
  mean: number
}

/**
 * Covariance shrunk toward a multiple of the identity. Ledoit & Wolf, Journal of Multivariate Analysis 88 (2004), lemma 3.1 to 3.4: δ = b² ÷ d² with
 * d² = ‖S − mI‖², b² = min(d², T⁻² Σ‖x x′ − S‖²).
 */
export function ledoitWolf(columns: readonly Float64Array[]): Shrunk {
  const days = columns[0]?.length ?? 0
  const centred = columns.map(column => {
    const mean = meanDaily(column)
    return column.map(value => value - mean)
  })
  const sample = centred.map(one => Float64Array.from(centred, other => dot(one, other) / days))
  const mean = sample.reduce((sum, row, index) => sum + (row[index] as number), 0) / columns.length
  const square = sample.reduce((sum, row) => sum + dot(row, row), 0)
  const distance = square - columns.length * mean ** 2
  const spread = (fourthPowers(centred, days) / days - square) / days
  const delta = distance <= 0 ? 1 : Math.min(distance, spread) / distance
  const covariance = sample.map((row, index) => row.map((value, column) => (1 - delta) * value + (index === column ? delta * mean : 0)))
  return { delta, covariance, sample, mean }
}

/** Σ over days of (x′x)²: Σ‖x x′ − S‖² is that less T·‖S‖². */
function fourthPowers(centred: readonly Float64Array[], days: number): number {
  let sum = 0
  for (let day = 0; day < days; day += 1) {
    let square = 0
    for (const column of centred) square += (column[day] as number) ** 2
    sum += square ** 2
  }
  return sum
}
