/** Returns of several strategies with the figures of one day together, which is the order that sums over days want. */
export interface DayMatrix {
  days: number
  size: number
  /** A day's figures one after another, then the next day's. */
  cells: Float64Array
}

export function dayMatrix(columns: readonly Float64Array[]): DayMatrix {
  const [size, days] = [columns.length, columns[0]?.length ?? 0]
  const cells = new Float64Array(size * days)
  for (const [index, column] of columns.entries()) for (let day = 0; day < days; day += 1) cells[day * size + index] = column[day] as number
  return { days, size, cells }
}

/** Each day's sum of figure × weight. */
export function times({ days, size, cells }: DayMatrix, weights: Float64Array): Float64Array {
  const held: number[] = []
  for (let index = 0; index < size; index += 1) if (weights[index] !== 0) held.push(index)
  const sums = new Float64Array(days)
  for (let day = 0; day < days; day += 1) {
    let sum = 0
    for (const index of held) sum += (cells[day * size + index] as number) * (weights[index] as number)
    sums[day] = sum
  }
  return sums
}

/** Adds factor × Σ of each day's value × its figures to a target. */
export function addTransposed({ days, size, cells }: DayMatrix, values: Float64Array, target: Float64Array, factor = 1): void {
  for (let day = 0; day < days; day += 1) {
    const value = factor * (values[day] as number)
    if (value === 0) continue
    const start = day * size
    for (let index = 0; index < size; index += 1) target[index] = (target[index] as number) + value * (cells[start + index] as number)
  }
}

interface Target {
  /** Square, row after row; only the lower triangle is written. */
  cells: Float64Array
  width: number
}

/** Adds Σ of each day's weight × its figures × its figures to a target; days of weight 0 cost nothing. */
export function addGram({ days, size, cells }: DayMatrix, weights: Float64Array, target: Target): void {
  const used: number[] = []
  for (let day = 0; day < days; day += 1) if (weights[day] !== 0) used.push(day)
  const whole = used.length - (used.length % FOUR)
  for (let at = 0; at < whole; at += FOUR) addFour(used.slice(at, at + FOUR) as Four)
  for (const day of used.slice(whole)) addFour([day, day, day, day], 1 / FOUR)

  // Four days at once: the target is read and written a quarter as often.
  function addFour([one, two, three, four]: Four, share = 1): void {
    const [a, b, c, d] = [one * size, two * size, three * size, four * size]
    for (let row = 0; row < size; row += 1) {
      const first = share * (weights[one] as number) * (cells[a + row] as number)
      const second = share * (weights[two] as number) * (cells[b + row] as number)
      const third = share * (weights[three] as number) * (cells[c + row] as number)
      const fourth = share * (weights[four] as number) * (cells[d + row] as number)
      const start = row * target.width
      for (let column = 0; column <= row; column += 1) {
        const sum =
          first * (cells[a + column] as number) +
          second * (cells[b + column] as number) +
          third * (cells[c + column] as number) +
          fourth * (cells[d + column] as number)
        target.cells[start + column] = (target.cells[start + column] as number) + sum
      }
    }
  }
}

const FOUR = 4
type Four = [number, number, number, number]
