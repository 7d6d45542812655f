/**
 * What the engine asks of a loaded HiGHS (https://highs.dev; Huangfu & Hall, Math. Prog. Comp. 10, 2018): the part of the `highs` package's
 * interface that is used here. The solver is an argument, since the domain loads nothing.
 */
export interface Solver {
  createModel(): SolverModel
}

export interface SolverModel {
  readonly options: { set(values: Record<string, boolean | number | string>): unknown }
  passModel(model: ModelInput): unknown
  addRows(rows: { lower: Float64Array; upper: Float64Array; matrix: RowMatrix }): unknown
  run(): unknown
  getModelStatus(): number
  getSolution(): { colValue: ArrayLike<number> }
  dispose(): void
}

export interface RowMatrix {
  format: 'csr'
  numRows: number
  numCols: number
  starts: Int32Array
  indices: Int32Array
  values: Float64Array
}

export interface ModelInput {
  numCols: number
  numRows: number
  colCost: Float64Array
  colLower: Float64Array
  colUpper: Float64Array
  rowLower: Float64Array
  rowUpper: Float64Array
  matrix: RowMatrix
  hessian?: { format: 'triangular'; dimension: number; starts: Int32Array; indices: Int32Array; values: Float64Array }
}

/** The model statuses of HiGHS that the engine tells apart. */
export const modelStatus = { optimal: 7, infeasible: 8, unboundedOrInfeasible: 9, unbounded: 10 } as const
