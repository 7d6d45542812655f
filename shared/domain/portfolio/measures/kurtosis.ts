import { moment, NO_VARIANCE } from './moment.ts'
import type { Returns } from './series.ts'

/** Fourth central moment ÷ σ⁴ − 3 (population moments): 0 for a normal distribution; null where the returns do not vary. */
export function excessKurtosis(returns: Returns): number | null {
  const spread = moment(returns, 2)
  return spread < NO_VARIANCE ? null : moment(returns, 4) / spread ** 2 - 3
}
