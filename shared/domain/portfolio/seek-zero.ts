interface Interval {
  from: number
  to: number
  /** The value at `from`, > 0. */
  above: number
  /** How little may still be gained, as value × interval, for it to be near enough. */
  enough: number
}

const MOST_LOOKS = 30
/** Share of the interval left before its end at the first look, as there may be nothing to see at the end itself; a tenth of it at each further one. */
const MARGIN = 0.05
const TENTH = 0.1
const NEAREST = 1e-5

/**
 * Looks for where a falling function is 0, by secants where the value of an end that stays twice is halved (Illinois; Dowell & Jarratt, BIT 11, 1971). Where it
 * has no value it counts as negative. False if it never has one.
 */
export function seekZero(valueAt: (at: number) => number | null, { from, to, above, enough }: Interval): boolean {
  let seen = false
  const look = (at: number): number => {
    const value = valueAt(at)
    seen ||= value !== null
    return value ?? Number.NEGATIVE_INFINITY
  }
  let [low, high, over, under] = [from, to, above, Number.NEGATIVE_INFINITY]
  let side = 0
  let next = to - MARGIN * (to - from)
  for (let looks = 0; looks < MOST_LOOKS && high > low; looks += 1) {
    const value = look(next)
    if (Math.abs(value) * (high - low) <= enough) return seen
    if (value > 0) [low, over, under] = [next, value, side > 0 ? under / 2 : under]
    else [high, under, over] = [next, value, side < 0 ? over / 2 : over]
    side = Math.sign(value)
    if (Number.isFinite(under)) next = low + ((high - low) * over) / (over - under)
    else if (high < to) next = (low + high) / 2
    else next = to - TENTH * (to - low)
    if (to - next < NEAREST * (to - from)) return seen
  }
  return seen
}
