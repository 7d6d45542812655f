import { type Returns, TRADING_DAYS } from './series.ts'
import { totalReturn } from './wealth.ts'

/** Growth a year, as a fraction: wealth^(252 ÷ T) − 1; −1 after ruin. */
export const cagr = (returns: Returns): number => (1 + totalReturn(returns)) ** (TRADING_DAYS / returns.length) - 1
