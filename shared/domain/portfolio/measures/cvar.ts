import { CONFIDENCE, lossesOf, type Returns } from './series.ts'
import { tailMean, tailWeights } from './tail-mean.ts'

/** Mean loss of the worst (1 − confidence) of days, positive for a loss, one day. Rockafellar & Uryasev, Journal of Risk 2 (2000). */
export const cvar = (returns: Returns, confidence = CONFIDENCE): number => tailMean(lossesOf(returns), confidence)

export function cvarSlope(returns: Returns): Float64Array {
  const slope = new Float64Array(returns.length)
  for (const [day, weight] of tailWeights(lossesOf(returns), CONFIDENCE)) slope[day] = -weight
  return slope
}
