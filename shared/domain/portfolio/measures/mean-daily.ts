import { type Returns, total } from './series.ts'

/** Arithmetic mean return of a day, as a fraction. */
export const meanDaily = (returns: Returns): number => total(returns) / returns.length
