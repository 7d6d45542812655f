import { cvar95 } from './cvar.ts'

export interface CvarQuestion {
  /** Losses of what is there already, one a scenario, as fractions of equity. */
  before: Float64Array
  /** Losses of one lot more, on the same scenarios. */
  ofOneLot: Float64Array
  /** Largest CVaR 95, as a fraction of equity. */
  limit: number
  /** Lots that are wanted, a whole number ≥ 0. */
  lots: number
}

export interface CvarAnswer {
  /** The largest allowed number of lots ≤ those wanted. */
  lots: number
  before: number
  /** With the granted lots or, where none is granted, with one. */
  after: number
}

/** What binary fractions add to a size that just fits is far below this. */
const DECIMALS = 12

/**
 * The largest size whose CVaR stays within the limit or, where it is over the limit already, lowers it (CER-6). CVaR is convex in the size,
 * so that the allowed sizes are an interval from the first lot on, and halving finds its upper end exactly.
 */
export function largestWithinCvar({ before, ofOneLot, limit, lots }: CvarQuestion): CvarAnswer {
  const together = new Float64Array(before.length)
  const cvarWith = (count: number): number => {
    for (let at = 0; at < together.length; at += 1) together[at] = (before[at] as number) + count * (ofOneLot[at] as number)
    return Number(cvar95(together).toFixed(DECIMALS))
  }
  const now = cvarWith(0)
  const allowed = (cvar: number) => (now <= limit ? cvar <= limit : cvar < now)
  const wanted = cvarWith(lots)
  if (lots > 0 && allowed(wanted)) return { lots, before: now, after: wanted }
  let [most, tooMany] = [0, lots]
  while (tooMany - most > 1) {
    const middle = Math.floor((most + tooMany) / 2)
    if (allowed(cvarWith(middle))) most = middle
    else tooMany = middle
  }
  return { lots: most, before: now, after: cvarWith(Math.max(most, 1)) }
}
