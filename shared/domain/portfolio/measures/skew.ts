import { moment, NO_VARIANCE } from './moment.ts'
import type { Returns } from './series.ts'

/** Third central moment ÷ σ³ (population moments); null where the returns do not vary. */
export function skew(returns: Returns): number | null {
  const spread = moment(returns, 2)
  return spread < NO_VARIANCE ? null : moment(returns, 3) / spread ** 1.5
}
