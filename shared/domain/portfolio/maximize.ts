const GOLDEN = (3 - Math.sqrt(5)) / 2
/** Where an interval is so narrow that numbers have no more digits, halving does not end. */
const MOST_LOOKS = 100

interface Interval {
  from: number
  to: number
  /** How near to the highest point is near enough. */
  width: number
}

interface Point {
  at: number
  value: number
}

/**
 * Where a function of one number with one hill is highest: by parabolas through the best three points, and golden sections where those would not
 * do. Brent, Algorithms for Minimization without Derivatives (1973), chapter 5.
 */
export function maximize(valueAt: (at: number) => number, { from, to, width }: Interval): number {
  const look = (at: number): Point => ({ at, value: valueAt(at) })
  let [low, high] = [from, to]
  let best = look(low + GOLDEN * (high - low))
  let [second, third] = [best, best]
  let [step, before] = [0, 0]
  for (let looks = 1; looks < MOST_LOOKS && Math.max(best.at - low, high - best.at) > width; looks += 1) {
    const leap = parabolic(best, second, third)
    const usable = leap !== null && Math.abs(leap) < Math.abs(before) / 2 && best.at + leap > low && best.at + leap < high
    before = usable ? step : (best.at < (low + high) / 2 ? high : low) - best.at
    step = usable ? leap : GOLDEN * before
    const next = look(best.at + (Math.abs(step) >= width / 2 ? step : Math.sign(step) * (width / 2)))
    if (next.value >= best.value) {
      if (next.at < best.at) high = best.at
      else low = best.at
      ;[third, second, best] = [second, best, next]
    } else {
      if (next.at < best.at) low = next.at
      else high = next.at
      if (next.value >= second.value || second === best) [third, second] = [second, next]
      else if (next.value >= third.value || third === best || third === second) third = next
    }
  }
  return best.at
}

/** How far from the best of three points the top of the parabola through them is; null where it has none. */
function parabolic(best: Point, second: Point, third: Point): number | null {
  const one = (best.at - second.at) * (best.value - third.value)
  const other = (best.at - third.at) * (best.value - second.value)
  const divisor = 2 * (one - other)
  if (divisor === 0 || !Number.isFinite(divisor)) return null
  return ((best.at - third.at) * other - (best.at - second.at) * one) / divisor
}
