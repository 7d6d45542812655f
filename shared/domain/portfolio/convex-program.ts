import { dot } from './scenarios.ts'
import { modelStatus, type RowMatrix, type Solver, type SolverModel } from './solver.ts'

/** A convex function at a point, and one of its slopes there: value(y) ≥ value + slope·(y − x) for every y. */
export interface Tangent {
  value: number
  slope: Float64Array
  /** Where it was taken, if the function is not defined at the point asked for. */
  at?: Float64Array
}

export type ConvexFunction = (point: Float64Array) => Tangent

export interface Row {
  coefficients: ArrayLike<number>
  lower: number
  upper: number
}

/** Minimize cost·x + objective(x) + ½·x′·hessian·x with lower ≤ x ≤ upper, the rows, and every limit(x) ≤ 0. */
export interface ConvexProgram {
  cost: Float64Array
  lower: Float64Array
  upper: Float64Array
  rows: readonly Row[]
  limits: readonly ConvexFunction[]
  objective?: ConvexFunction
  /** Full symmetric matrix, positive semidefinite, a row each; not together with `objective`. */
  hessian?: readonly Float64Array[]
  /** Limits that only this program has, where others share the rest. */
  ownLimits?: readonly ConvexFunction[]
  /** Cuts of the shared limits and of the objective, from programs before and for programs after: many are told by the same. */
  pool?: Row[]
  /** Gap to the bound, relative to the answer, that is small enough; the usual one where it is not given. */
  gap?: number
  /** A point that breaks nothing, where one is known: rounds then look between it and the bound, which takes a third of them. */
  inside?: Float64Array
}

export interface ConvexAnswer {
  status: 'optimal' | 'infeasible' | 'unbounded'
  point: Float64Array
  /** How many models were solved. */
  rounds: number
}

/** Stands for no bound, so that the first rounds, which know few cuts, have an answer; an answer out there is unbounded. */
const FAR = 1e5
/** By how much a limit may be broken, in the limit's own units (risks in percent). */
const SLACK = 1e-9
/** Answers under this, percent, are measured by it, as the solver's tolerances are absolute. */
const SMALL = 0.2
/** A gap that does not close any more because of the solver's own rounding is good enough at this. */
const STALLED_GAP = 2e-7
const STALLED_ROUNDS = 30
/** Share of the way from the best answer to the bound at which the next cut is taken. */
const STEP_OUT = 0.35
/** A quadratic program that needs more for each column goes in circles. */
const QP_ITERATIONS = 30
const MAX_ROUNDS = 4_000

interface Search {
  program: ConvexProgram
  model: SolverModel
  columns: number
  best: { point: Float64Array; value: number } | null
  gap: number
  stalled: number
}

/**
 * Cutting planes: a linear (or quadratic) program over what is known of the convex functions tells where to learn more, until its bound meets
 * the best answer. Rows are added to the warm model. Kelley, J. SIAM 8 (1960), with the in-out points of Ben-Ameur & Neto, Networks 49 (2007).
 */
export function solveConvex(solver: Solver, program: ConvexProgram): ConvexAnswer {
  if (!program.hessian) return solveByCuts(solver, program)
  const direct = solveByCuts(solver, program)
  return direct.status === 'optimal' ? direct : solveByCuts(solver, withoutHessian(program))
}

/** The quadratic solver gives up on some degenerate programs, as with a strategy that never varies; its root is as good, and convex. */
function withoutHessian({ hessian = [], ...program }: ConvexProgram): ConvexProgram {
  const objective: ConvexFunction = point => {
    const marginal = Float64Array.from(hessian, row => dot(row, point))
    const value = Math.sqrt(Math.max(0, dot(marginal, point)))
    return { value, slope: marginal.map(each => (value === 0 ? 0 : each / value)) }
  }
  return { ...program, objective }
}

function solveByCuts(solver: Solver, program: ConvexProgram): ConvexAnswer {
  const columns = program.cost.length + (program.objective ? 1 : 0)
  return withModel(solver, model => {
    passProgram(model, program, columns)
    if (program.hessian) model.options.set({ qp_iteration_limit: QP_ITERATIONS * columns })
    const inside = program.inside ? { point: program.inside, value: valueAt(program, program.inside) } : null
    const search: Search = { program, model, columns, best: inside, gap: Number.POSITIVE_INFINITY, stalled: 0 }
    for (let rounds = 1; rounds <= MAX_ROUNDS; rounds += 1) {
      model.run()
      const status = model.getModelStatus()
      if (program.hessian && status !== modelStatus.optimal) return failed('infeasible', rounds, program)
      if (status === modelStatus.infeasible || status === modelStatus.unboundedOrInfeasible) return failed('infeasible', rounds, program)
      if (status === modelStatus.unbounded) return failed('unbounded', rounds, program)
      if (status !== modelStatus.optimal) throw new Error(`SOLVER_FAILED: status=${status}, rounds=${rounds}`)
      const point = nextRound(search)
      if (point) return { status: isFar(program, point) ? 'unbounded' : 'optimal', point, rounds }
    }
    throw new Error(`NO_CONVERGENCE: rounds=${MAX_ROUNDS}`)
  })
}

/** Adds the cuts of one round; the answer, if the round shows that nothing is better. */
function nextRound(search: Search): Float64Array | null {
  const { program, model } = search
  const bound = Float64Array.from(model.getSolution().colValue)
  const outer = bound.slice(0, program.cost.length)
  const value = dot(program.cost, outer) + (program.objective ? (bound.at(-1) as number) : 0)
  if (closed(search, value)) return search.best?.point ?? null
  const cuts: Row[] = []
  if (search.best) {
    const { point } = search.best
    cuts.push(
      ...learn(
        search,
        outer.map((each, index) => STEP_OUT * each + (1 - STEP_OUT) * (point[index] as number)),
      ),
    )
    // Of a linear objective, what is broken at the bound itself is worth knowing too: rounds cost more than rows.
    if (program.objective && cuts.some(cut => dot(cut.coefficients, bound) > cut.upper + SLACK)) {
      addCuts(search, cuts)
      return null
    }
  }
  const outerCuts = learn(search, outer)
  // Nothing is broken out there, so that the bound is reached; with an objective of its own, only the gap tells.
  if (outerCuts.length === 0) return outer
  addCuts(search, [...cuts, ...outerCuts])
  return null
}

/**
 * Bound and best answer are one when they differ by less, relative to the answer. Weights of a curved objective move with the root of its gap, so that
 * one is closed further, while it is small enough to be cheap.
 */
const gapFor = ({ program, columns }: Search): number => program.gap ?? (program.objective && columns <= 30 ? 1e-9 : 5e-8)

function closed(search: Search, bound: number): boolean {
  if (!search.best) return false
  const gap = search.best.value - bound
  const size = Math.max(Math.abs(search.best.value), SMALL)
  search.stalled = gap < search.gap * 0.999 ? 0 : search.stalled + 1
  search.gap = Math.min(search.gap, gap)
  return gap <= gapFor(search) * size || (search.stalled > STALLED_ROUNDS && gap <= STALLED_GAP * size)
}

/** Cuts of what is broken at a point; where nothing is, the point may be the best answer so far. */
function learn(search: Search, point: Float64Array): Row[] {
  const { limits, objective, cost, ownLimits = [], pool } = search.program
  const brokenOf = (some: readonly ConvexFunction[]) =>
    some
      .map(limit => limit(point))
      .filter(({ value }) => value > SLACK)
      .map(tangent => cutOf(tangent, point, false))
  const [shared, own] = [brokenOf(limits), brokenOf(ownLimits)]
  const broken = [...shared, ...own]
  pool?.push(...shared)
  if (!objective) {
    const value = dot(cost, point)
    if (broken.length === 0 && !search.program.hessian && (search.best?.value ?? Number.POSITIVE_INFINITY) > value)
      search.best = { point, value }
    return broken
  }
  const tangent = objective(point)
  const cut = cutOf(tangent, point, true)
  pool?.push(cut)
  const value = tangent.value + dot(cost, point)
  if (broken.length === 0 && !tangent.at && (search.best?.value ?? Number.POSITIVE_INFINITY) > value) search.best = { point, value }
  return [...broken, cut]
}

const valueAt = ({ objective, cost }: ConvexProgram, point: Float64Array): number =>
  dot(cost, point) + (objective ? objective(point).value : 0)

const isFar = ({ upper }: ConvexProgram, point: Float64Array): boolean =>
  point.some((value, index) => value > FAR / 2 && (upper[index] as number) > FAR)

/** The cut that a tangent is: slope·x ≤ slope·at − value, with −1 × the last column where it bounds the objective. */
function cutOf({ value, slope, at }: Tangent, point: Float64Array, ofObjective: boolean): Row {
  const upper = dot(slope, at ?? point) - value
  return { coefficients: ofObjective ? [...slope, -1] : slope, lower: Number.NEGATIVE_INFINITY, upper }
}

/** Lends a model to a function and disposes of it, however that ends. */
function withModel<Answer>(solver: Solver, use: (model: SolverModel) => Answer): Answer {
  const model = solver.createModel()
  try {
    model.options.set({ output_flag: false, primal_feasibility_tolerance: 1e-9, dual_feasibility_tolerance: 1e-9 })
    return use(model)
  } finally {
    model.dispose()
  }
}

function passProgram(model: SolverModel, program: ConvexProgram, columns: number): void {
  const { cost, lower, upper, objective, hessian, pool = [] } = program
  const rows = [...program.rows, ...pool]
  const withLast = (values: Float64Array, last: number) => (objective ? Float64Array.from([...values, last]) : values)
  const bounded = hessian ? upper : upper.map(value => Math.min(value, FAR))
  model.passModel({
    numCols: columns,
    numRows: rows.length,
    colCost: withLast(cost, 1),
    colLower: withLast(lower, -FAR),
    colUpper: withLast(bounded, Number.POSITIVE_INFINITY),
    rowLower: Float64Array.from(rows, row => row.lower),
    rowUpper: Float64Array.from(rows, row => row.upper),
    matrix: csr(rows, columns),
    ...(hessian && { hessian: triangular(hessian) }),
  })
}

function addCuts({ model, columns }: Search, cuts: readonly Row[]): void {
  model.addRows({
    lower: Float64Array.from(cuts, cut => cut.lower),
    upper: Float64Array.from(cuts, cut => cut.upper),
    matrix: csr(cuts, columns),
  })
}

function csr(rows: readonly Row[], columns: number): RowMatrix {
  const starts = new Int32Array(rows.length + 1)
  const indices: number[] = []
  const values: number[] = []
  for (const [number, { coefficients }] of rows.entries()) {
    for (let column = 0; column < coefficients.length; column += 1) {
      if (coefficients[column] === 0) continue
      indices.push(column)
      values.push(coefficients[column] as number)
    }
    starts[number + 1] = indices.length
  }
  const [packedIndices, packedValues] = [Int32Array.from(indices), Float64Array.from(values)]
  return { format: 'csr', numRows: rows.length, numCols: columns, starts, indices: packedIndices, values: packedValues }
}

function triangular(matrix: readonly Float64Array[]) {
  const size = matrix.length
  const starts = Int32Array.from({ length: size + 1 }, (_, column) => column * size - (column * (column - 1)) / 2)
  const indices = new Int32Array(starts[size] as number)
  const values = new Float64Array(indices.length)
  let next = 0
  for (let column = 0; column < size; column += 1) {
    for (let row = column; row < size; row += 1) {
      indices[next] = row
      values[next] = (matrix[row] as Float64Array)[column] as number
      next += 1
    }
  }
  return { format: 'triangular' as const, dimension: size, starts, indices, values }
}

const failed = (status: 'infeasible' | 'unbounded', rounds: number, { cost }: ConvexProgram): ConvexAnswer => ({
  status,
  point: new Float64Array(cost.length),
  rounds,
})
