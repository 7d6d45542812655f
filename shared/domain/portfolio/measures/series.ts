/** Daily simple returns of one portfolio or strategy, as fractions, oldest first. */
export type Returns = ArrayLike<number>

export const TRADING_DAYS = 252

/** Share of days that a loss at the value at risk does not pass. */
export const CONFIDENCE = 0.95

export function total(values: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < values.length; index += 1) sum += values[index] as number
  return sum
}

/** Losses of returns: what was lost, positive. */
export function lossesOf(returns: Returns): Float64Array {
  const losses = new Float64Array(returns.length)
  for (let day = 0; day < returns.length; day += 1) losses[day] = -(returns[day] as number)
  return losses
}
