import { correlations, covariance } from '../measures/correlation.ts'
import { baseline } from './baseline.ts'
import type { Constructor } from './constructor.ts'

/**
 * Hierarchical risk parity: strategies in the order of single-linkage clusters over √((1 − ρ) ÷ 2), then halves share by inverse variance.
 * López de Prado, Journal of Portfolio Management 42 (2016), with the distances themselves as in common libraries, not distances of distances.
 */
export const hrp: Constructor = prepared => {
  const matrix = covariance(prepared.scenarios.columns)
  const related = correlations(prepared.scenarios.columns)
  const varying = related.flatMap((row, index) => (row[index] === null ? [] : [index]))
  const weights = new Float64Array(matrix.length)
  const distance = (one: number, other: number) => Math.sqrt((1 - (related[one]?.[other] ?? 0)) / 2)
  if (varying.length > 0) bisect(clusterOrder(varying, distance), 1, { matrix, weights })
  else weights.fill(1)
  return baseline(prepared, weights)
}

/** Leaves of the single-linkage tree from left to right; at each merge the cluster that was made earlier comes first, as in SciPy. */
function clusterOrder(items: readonly number[], distance: (one: number, other: number) => number): number[] {
  const clusters = items.map((item, made) => ({ made, members: [item] }))
  // By when clusters were made: from a merged one it is as far as from the nearer of its two (Lance & Williams, Computer Journal 9, 1967).
  const gaps = items.map(one => Float64Array.from({ length: 2 * items.length }, (_, other) => distance(one, items[other] ?? one)))
  const gap = (one: number, other: number) => (gaps[one] as Float64Array)[other] as number
  for (let made = items.length; clusters.length > 1; made += 1) {
    let [first, second, least] = [0, 1, Number.POSITIVE_INFINITY]
    for (const [one, { made: left }] of clusters.entries()) {
      for (let other = one + 1; other < clusters.length; other += 1) {
        const apart = gap(left, (clusters[other] as Cluster).made)
        if (apart < least) [first, second, least] = [one, other, apart]
      }
    }
    const [right] = clusters.splice(second, 1) as [Cluster]
    const [left] = clusters.splice(first, 1) as [Cluster]
    const row = new Float64Array(2 * items.length)
    for (const { made: other } of clusters) {
      row[other] = Math.min(gap(left.made, other), gap(right.made, other))
      ;(gaps[other] as Float64Array)[made] = row[other] as number
    }
    gaps.push(row)
    const pair = [left, right].sort((one, other) => one.made - other.made)
    clusters.push({ made, members: pair.flatMap(({ members }) => members) })
  }
  return clusters[0]?.members ?? []
}

interface Cluster {
  /** How many were there before it. */
  made: number
  members: number[]
}

interface Bisection {
  matrix: readonly Float64Array[]
  weights: Float64Array
}

function bisect(items: readonly number[], share: number, { matrix, weights }: Bisection): void {
  if (items.length === 1) {
    weights[items[0] as number] = share
    return
  }
  const middle = Math.floor(items.length / 2)
  const [left, right] = [items.slice(0, middle), items.slice(middle)]
  const [one, other] = [clusterVariance(left, matrix), clusterVariance(right, matrix)]
  bisect(left, (share * other) / (one + other), { matrix, weights })
  bisect(right, (share * one) / (one + other), { matrix, weights })
}

/** Variance of a cluster whose members are weighted by inverse variance. */
function clusterVariance(items: readonly number[], matrix: readonly Float64Array[]): number {
  const cell = (one: number, other: number) => (matrix[one] as Float64Array)[other] as number
  const inverse = items.map(item => 1 / cell(item, item))
  const total = inverse.reduce((sum, value) => sum + value, 0)
  return items.reduce(
    (sum, one, row) =>
      sum + items.reduce((part, other, column) => part + ((inverse[row] ?? 0) * (inverse[column] ?? 0) * cell(one, other)) / total ** 2, 0),
    0,
  )
}
