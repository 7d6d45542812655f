import type { RiskName } from './risks.ts'
import type { Scenarios } from './scenarios.ts'
import type { Solver } from './solver.ts'

/** Bounds on a portfolio; one that is not given does not bind, w ≥ 0 always does. Fractions of equity, losses positive, one day. */
export interface Limits {
  /** Highest weight of each strategy. */
  cap?: number
  /** Correlation over which strategies share one cap, as if they were one; none where it is not given. */
  share_cap_above?: number
  /** Σw ≤ budget. */
  budget?: number
  /** Σw = sum. */
  sum?: number
  /** Margin of each strategy at weight 1, in the order of the scenarios; with `margin_limit`. */
  margin?: readonly number[]
  margin_limit?: number
  cvar?: number
  /** CDaR and drawdown over uncompounded returns, which are convex. */
  cdar?: number
  max_drawdown?: number
  /** Least mean daily return, by `expected` where given, else by the scenarios' means. */
  min_return?: number
  expected?: readonly number[]
}

/** Weights that are found by name; files in `constructors/`. */
export const constructorNames = [
  'max_return_cvar',
  'min_cvar',
  'max_sharpe',
  'max_cagr',
  'max_cagr_v2',
  'max_cagr_sharpe',
  'max_hybrid',
  'hrp',
  'equal_weight',
  'risk_parity_cvar',
  'min_risk',
] as const
export type ConstructorName = (typeof constructorNames)[number]

export interface Problem {
  constructor_name: ConstructorName
  /** May hold dates on which not all have an observation; only common dates are solved. */
  scenarios: Scenarios
  limits: Limits
  /** What `min_risk` minimizes; variance where not given. */
  measure?: RiskName
  /** Share of Sharpe in `max_hybrid`, 0…1; 0.5 where not given. */
  blend?: number
}

/** How a portfolio is found: the loaded solver; and the seed of whatever draws numbers. */
export interface Means {
  solver: Solver
  seed: number
}

export type SolvedStatus = 'optimal' | 'infeasible' | 'unbounded' | 'no_positive_mean'

/** What a constructor found. */
export interface Found {
  status: SolvedStatus
  /** In the order of the scenarios, ≥ 0; all 0 unless optimal. */
  weights: Float64Array
  /** The constructor's own figure; null unless optimal. */
  objective: number | null
}
