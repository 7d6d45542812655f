import { type Returns, TRADING_DAYS } from './series.ts'
import { variance } from './variance.ts'

/** Sample standard deviation of daily returns × √252, as a fraction. */
export const annualVolatility = (returns: Returns): number => Math.sqrt(variance(returns) * TRADING_DAYS)
