import { baseline } from './baseline.ts'
import type { Constructor } from './constructor.ts'

/** The same weight for each, no forecast at all. DeMiguel, Garlappi & Uppal, Review of Financial Studies 22 (2009). */
export const equalWeight: Constructor = prepared => baseline(prepared, new Float64Array(prepared.percent.length).fill(1))
