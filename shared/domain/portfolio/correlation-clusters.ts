import { correlations } from './measures/correlation.ts'

/** Groups of two or more columns that are linked by correlations over the threshold, by index; identical ones always are. */
export function correlationClusters(columns: readonly Float64Array[], threshold: number): number[][] {
  const matrix = correlations(columns)
  const seen = new Set<number>()
  const clusters: number[][] = []
  for (let start = 0; start < columns.length; start += 1) {
    if (seen.has(start)) continue
    const cluster = [start]
    seen.add(start)
    for (const member of cluster) {
      for (const [other, value] of (matrix[member] ?? []).entries()) {
        if (seen.has(other) || value === null || value <= threshold) continue
        seen.add(other)
        cluster.push(other)
      }
    }
    if (cluster.length > 1) clusters.push(cluster.sort((one, other) => one - other))
  }
  return clusters
}
