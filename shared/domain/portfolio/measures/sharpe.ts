import { meanDaily } from './mean-daily.ts'
import { type Returns, TRADING_DAYS } from './series.ts'
import { annualVolatility } from './volatility.ts'

/** What is left of a volatility of zero after adding and dividing binary fractions is less than this. */
export const NO_VOLATILITY = 1e-12

/** Annual mean ÷ annual volatility, risk-free rate 0; null where the returns do not vary. Sharpe, Journal of Portfolio Management 21 (1994). */
export function sharpe(returns: Returns): number | null {
  const volatility = annualVolatility(returns)
  return volatility < NO_VOLATILITY ? null : (meanDaily(returns) * TRADING_DAYS) / volatility
}
