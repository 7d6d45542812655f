import { tailMean as meanOfLargest, selectLargest } from '../../risk/cvar.ts'
import { CONFIDENCE } from './series.ts'

/** Mean of the largest (1 − β)·T values with a fractional last one; at least one value counts. Rockafellar & Uryasev, Journal of Risk 2 (2000). */
export const tailMean = (values: ArrayLike<number>, confidence: number): number => meanOfLargest(values, (1 - confidence) * values.length)

/** How many of so many days make the tail; need not be whole, but is one at least. */
export const tailDays = (days: number, confidence = CONFIDENCE): number => Math.max((1 - confidence) * days, Math.min(1, days))

/** Which values make the tail's mean and with what weight (they add up to 1): its slope in the values. */
export function tailWeights(values: ArrayLike<number>, confidence: number): [index: number, weight: number][] {
  const size = tailDays(values.length, confidence)
  const whole = Math.floor(size)
  const largest = largestOf(values, Math.min(whole + 1, values.length))
  return largest.map((index, rank): [number, number] => [index, rank < whole ? 1 / size : (size - whole) / size])
}

/** Indices of the `count` largest values, the largest first. */
function largestOf(values: ArrayLike<number>, count: number): number[] {
  const edge = selectLargest(Float64Array.from(values), count - 1)
  const above: number[] = []
  const equal: number[] = []
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number
    if (value > edge) above.push(index)
    else if (value === edge) equal.push(index)
  }
  above.sort((one, other) => (values[other] as number) - (values[one] as number))
  return [...above, ...equal.slice(0, count - above.length)]
}
