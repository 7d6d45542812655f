/** CVaR 95 of the fund, one day, as fractions of its equity. */
export interface CvarChange {
  before: number
  /** With what was granted; where nothing was, with one lot. */
  after: number
}

/** The share of scenarios that CVaR 95 averages over. */
const TAIL = 20

/**
 * CVaR 95: mean of the worst twentieth of the losses, with a fraction of the observation at its edge (Rockafellar and Uryasev 2000).
 * @param losses one a scenario, positive where money is lost, in any unit; left as they are
 * @returns in the same unit; 0 without scenarios
 */
export function cvar95(losses: ArrayLike<number>): number {
  return tailMean(losses, losses.length / TAIL)
}

/**
 * Mean of the `count` largest values, where `count` may have a fraction: (the sum of the whole ones + fraction × the next) ÷ count.
 * @param count > 0, at most as many as there are
 */
export function tailMean(values: ArrayLike<number>, count: number): number {
  if (values.length === 0) return 0
  const whole = Math.floor(count)
  const scratch = Float64Array.from(values)
  const next = selectLargest(scratch, Math.min(whole, scratch.length - 1))
  if (whole === 0) return next
  let total = (count - whole) * next
  for (let at = 0; at < whole; at += 1) total += scratch[at] as number
  return total / count
}

/** Rearranges so that the `position` largest stand first; returns the next largest, which stands at `position`. Hoare's selection. */
export function selectLargest(values: Float64Array, position: number): number {
  let low = 0
  let high = values.length - 1
  while (low < high) {
    const pivot = values[(low + high) >> 1] as number
    let left = low
    let right = high
    while (left <= right) {
      while ((values[left] as number) > pivot) left += 1
      while ((values[right] as number) < pivot) right -= 1
      if (left > right) break
      const moved = values[left] as number
      values[left] = values[right] as number
      values[right] = moved
      left += 1
      right -= 1
    }
    if (position <= right) high = right
    else if (position >= left) low = left
    else break
  }
  return values[position] as number
}
