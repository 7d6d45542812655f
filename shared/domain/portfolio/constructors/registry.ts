import type { ConstructorName } from '../problem.ts'
import type { Constructor } from './constructor.ts'
import { equalWeight } from './equal-weight.ts'
import { hrp } from './hrp.ts'
import { maxCagr } from './max-cagr.ts'
import { maxCagrSharpe } from './max-cagr-sharpe.ts'
import { maxCagrV2 } from './max-cagr-v2.ts'
import { maxHybrid } from './max-hybrid.ts'
import { maxReturnCvar } from './max-return-cvar.ts'
import { maxSharpe } from './max-sharpe.ts'
import { minCvar } from './min-cvar.ts'
import { minRisk } from './min-risk.ts'
import { riskParityCvar } from './risk-parity-cvar.ts'

export const constructors: Record<ConstructorName, Constructor> = {
  max_return_cvar: maxReturnCvar,
  min_cvar: minCvar,
  max_sharpe: maxSharpe,
  max_cagr: maxCagr,
  max_cagr_v2: maxCagrV2,
  max_cagr_sharpe: maxCagrSharpe,
  max_hybrid: maxHybrid,
  hrp,
  equal_weight: equalWeight,
  risk_parity_cvar: riskParityCvar,
  min_risk: minRisk,
}
