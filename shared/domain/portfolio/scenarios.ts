/** Daily returns of several strategies over the same dates. */
export interface Scenarios {
  names: readonly string[]
  /** YYYY-MM-DD, ascending. */
  dates: readonly string[]
  /** One column a strategy: simple daily returns per unit of weight, as fractions; NaN where there is no observation. */
  columns: readonly Float64Array[]
}

/** Only the dates on which every strategy has an observation; what is solved and measured (POR-6). */
export function commonDates({ names, dates, columns }: Scenarios): Scenarios {
  const kept = dates.flatMap((_, day) => (columns.every(column => !Number.isNaN(column[day])) ? [day] : []))
  if (kept.length === dates.length) return { names, dates, columns }
  return rowsOf({ names, dates, columns }, kept)
}

/** The scenarios of some days, by index, in the order given. */
export const rowsOf = ({ names, dates, columns }: Scenarios, days: readonly number[]): Scenarios => ({
  names,
  dates: days.map(day => dates[day] as string),
  columns: columns.map(column => Float64Array.from(days, day => column[day] as number)),
})

/** Σ weight × return of each day: fixed weights, rebalanced daily, no financing. */
export function portfolioReturns(columns: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const returns = new Float64Array(columns[0]?.length ?? 0)
  for (const [index, column] of columns.entries()) {
    const weight = weights[index] as number
    if (weight === 0) continue
    for (let day = 0; day < returns.length; day += 1) returns[day] = (returns[day] as number) + weight * (column[day] as number)
  }
  return returns
}

export function dot(one: ArrayLike<number>, other: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < one.length; index += 1) sum += (one[index] as number) * (other[index] as number)
  return sum
}

/** What a slope in the daily returns is in the weights: one dot product a strategy; days of slope 0 are passed over. */
export function slopeInWeights(columns: readonly Float64Array[], slope: Float64Array): Float64Array {
  const days: number[] = []
  for (let day = 0; day < slope.length; day += 1) if (slope[day] !== 0) days.push(day)
  return Float64Array.from(columns, column => {
    let sum = 0
    for (const day of days) sum += (slope[day] as number) * (column[day] as number)
    return sum
  })
}
