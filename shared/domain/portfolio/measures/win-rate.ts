import type { Returns } from './series.ts'

/** Share of days with a return over 0. */
export const winRate = (returns: Returns): number => Array.prototype.filter.call(returns, value => value > 0).length / returns.length
