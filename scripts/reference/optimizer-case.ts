/** The JSON of one case, as its folder's README describes it. */
export interface OptimizerCase {
  id: string
  returns_csv: string
  constraints: {
    cap?: number
    budget_max?: number
    margin?: number[]
    margin_limit?: number
    cvar_limit?: number
    cdar_limit?: number
    maxdd_limit?: number
  }
  tolerances: {
    objective_rel: number
    objective_abs: number
    metrics_rel: number
    correlation_abs: number
    weights_abs_when_unique: number
  }
  expected: Record<string, SolvedCase>
  portfolio_metrics?: { weights: number[] } & Record<string, never>
  strategy_metrics?: Record<string, number | null>[]
  ledoit_wolf_identity?: { delta: number; cov?: number[][] }
  account?: AccountCase[]
}

export type SolvedCase = {
  status: string
  weights?: number[]
  weights_unique?: boolean
  cagr?: number
  largest_feasible_scale?: number
} & { [figure: string]: unknown }

export interface AccountCase {
  weights: number[]
  capital_per_unit: number[]
  margin_per_unit: number[]
  margin_limit: number
  cvar_limit: number
  tol_currency?: number
  one_unit_each: { min_equity: number }
  weighted_floor: { min_equity: number | null; units: number[] | null }
}
