import type { Constructor } from './constructor.ts'
import { leastRisk } from './min-risk.ts'

/** Lowest CVaR₉₅ of a fully invested portfolio. Rockafellar & Uryasev, Journal of Risk 2 (2000). */
export const minCvar: Constructor = prepared => leastRisk(prepared, 'cvar_95')
