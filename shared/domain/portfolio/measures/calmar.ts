import { cagr } from './cagr.ts'
import { compoundedDrawdowns } from './drawdowns.ts'
import { maximum } from './max-drawdown.ts'
import type { Returns } from './series.ts'

/** CAGR ÷ largest compounded drawdown; null where there was none. Young, Futures 20 (1991). */
export function calmar(returns: Returns): number | null {
  const worst = maximum(compoundedDrawdowns(returns))
  return worst === 0 ? null : cagr(returns) / worst
}
