import type { Row } from '../convex-program.ts'
import { dot } from '../scenarios.ts'
import type { Block, SmoothFunction, SmoothPoint, StepSystem } from './block.ts'
import { factored } from './bordered-system.ts'
import { addGram } from './day-matrix.ts'
import { blocksOfRow, boundsBlock, concaveBlock, largest } from './linear-blocks.ts'
import { aim, gapAfter, gapOf, longest, owedOf, type Pairs, type Start } from './pairs.ts'
import { type Tail, tailBlock } from './tail-block.ts'

/** Minimize objective(x) + Σ weight × tail with 0 ≤ x ≤ upper, the rows, every tail within its limit and every concave g(x) ≥ 0. */
export interface SmoothProgram {
  objective: SmoothFunction
  upper: Float64Array
  rows: readonly Row[]
  tails: readonly Omit<Tail, 'level'>[]
  /** Tails that stay at level 0. */
  levelled?: boolean
  concave?: readonly SmoothFunction[]
  /** Where it begins: all positive; limits may be broken there. */
  start: Float64Array
  /** −Σ of these × ln x is added to the objective. */
  logs?: Float64Array
  /** Size of the objective under which gaps are not measured by it. */
  small: number
}

export interface SmoothAnswer {
  point: Float64Array
  /** Multiplier of each concave limit, ≥ 0. */
  prices: number[]
  /** Multiplier of each row: what more of its coefficients costs. */
  rowPrices: number[]
  /** What each day of the tails pays for a return, ≥ 0. */
  dayPrices: Float64Array[]
  steps: number
}

/** Slack with which a broken inequality begins. */
const LEAST = 1e-2
/** What a slope that does not cancel costs, for each unit of it: so far the weights still move. */
const OF_SLOPES = 1e-2
const MOST_STEPS = 80
/** Of what is missing, of slopes that do not cancel, and of the gap, relative to the objective. */
const CLOSED = 1e-9
/** Where rounding lets it not come nearer, this is near enough. */
const NEAR = 3e-8
/** Share of the way to the nearest edge. */
const WITHIN = 0.99
const FAR = 1e4
const STUCK = 1e-7

/**
 * Newton's method on the conditions of optimality, kept inside by multipliers, in predictor and corrector steps; each step is one Cholesky of the
 * size of the weights, however many days there are. Null where it does not get there, as where nothing is feasible.
 * Mehrotra, SIAM J. Optimization 2 (1992); Nocedal & Wright, Numerical Optimization (2006), chapters 14 and 19.
 */
export function minimizeSmooth(program: SmoothProgram): SmoothAnswer | null {
  const state = begin(program)
  let best: { answer: SmoothAnswer; error: number } | null = null
  for (let steps = 0; steps < MOST_STEPS; steps += 1) {
    const { error, ...here } = look(state)
    // Without an end to go to, as where nothing limits the size.
    if (!Number.isFinite(error) || largest(state.point) > FAR) return null
    if (!best || error < best.error) best = { answer: answerAt(state, steps), error }
    if (error <= CLOSED) return best.answer
    if (move(state, here) < STUCK) break
  }
  return best && best.error <= NEAR ? best.answer : null
}

interface State {
  program: SmoothProgram
  /** Weights, and then the levels of the tails. */
  point: Float64Array
  ofRows: Block[][]
  ofTails: Block[]
  ofConcave: Block[]
  blocks: Block[]
  pairs: Pairs[]
  count: number
}

function begin(program: SmoothProgram): State {
  const { upper, rows, tails, concave = [], logs, levelled = false } = program
  const size = upper.length
  const point = new Float64Array(size + (levelled ? 0 : tails.length))
  point.set(program.start)
  const scale = Math.max(program.small, Math.abs(dot(program.objective(program.start).slope, program.start)))
  const days = tails.reduce((sum, { matrix }) => sum + matrix.days, 0)
  const start: Start = { least: LEAST, scale, product: (2 * scale) / (size + days) }
  // What is small to begin with stops every step, and these are few.
  const few = { ...start, product: Math.max(start.product, (3 * scale) / size) }
  const bounds = boundsBlock(point, upper, { ...few, ...(logs && { centers: logs }) })
  const fixed = rows.filter(({ lower, upper: most }) => lower === most)
  const ofRows = rows.map(row => (isSettled(row, fixed) ? [] : blocksOfRow(point, row, few)))
  const ofTails = tails.map((tail, index) => tailBlock(point, { ...tail, level: levelled ? null : size + index }, start))
  const ofConcave = concave.map(each => concaveBlock(point, each, few))
  const blocks = [bounds, ...ofRows.flat(), ...ofTails, ...ofConcave]
  const pairs = blocks.flatMap(block => block.pairs)
  return { program, point, ofRows, ofTails, ofConcave, blocks, pairs, count: pairs.reduce((sum, { slack }) => sum + slack.length, 0) }
}

interface Place {
  objective: SmoothPoint
  residual: Float64Array
  gap: number
  /** Least product worth aiming at. */
  least: number
}

function look({ program, point, blocks, pairs, count }: State): Place & { error: number } {
  const objective = program.objective(point.subarray(0, program.upper.length))
  const residual = new Float64Array(point.length)
  residual.set(objective.slope)
  const missing = Math.max(...blocks.map(block => block.place(point, residual)))
  const gap = pairs.reduce((sum, each) => sum + gapOf(each), 0)
  // What is missing counts by its price: where limits leave no room between them, prices grow without end.
  const owed = pairs.reduce((sum, each) => sum + owedOf(each), 0)
  const size = Math.max(Math.abs(objective.value), program.small)
  const error = Math.max(missing, OF_SLOPES * largest(residual), (gap + owed) / size)
  return { objective, residual, gap, least: (CLOSED * size) / (10 * count), error }
}

/** Goes one step; its length, 1 at most. */
function move({ program, point, blocks, pairs, count }: State, { objective, residual, gap, least }: Place): number {
  const system: StepSystem = { width: point.length, cells: new Float64Array(point.length ** 2), border: [], dayWeights: new Map() }
  objective.curve(system, 1)
  for (const block of blocks) block.assemble(system)
  for (const [matrix, weights] of system.dayWeights) addGram(matrix, weights, system)
  const solve = factored(system)
  const go = (product: number, second: number) => {
    for (const each of pairs) aim(each, product, second)
    const [inner, outer] = [residual.map(value => -value), new Float64Array(system.border.length)]
    for (const block of blocks) block.right(inner, outer)
    const solution = solve(inner, outer)
    for (const block of blocks) block.recover(solution)
    return { inner: solution.inner, most: Math.min(1, WITHIN * Math.min(...pairs.map(longest))) }
  }
  const { most: guessed } = go(0, 0)
  const left = pairs.reduce((sum, each) => sum + gapAfter(each, guessed), 0)
  const { inner, most } = go(Math.max((gap / count) * Math.min(1, left / gap) ** 3, least), guessed)
  const length = within(program.objective, { point, inner, size: program.upper.length, most })
  for (let index = 0; index < point.length; index += 1) point[index] = (point[index] as number) + length * (inner[index] as number)
  for (const block of blocks) block.advance(length)
  return length
}

const answerAt = ({ program, point, ofRows, ofTails, ofConcave }: State, steps: number): SmoothAnswer => ({
  point: point.slice(0, program.upper.length),
  prices: ofConcave.map(block => block.pairs[0]?.dual[0] ?? 0),
  rowPrices: ofRows.map(blocks => blocks.reduce((sum, block) => sum + (block.price?.() ?? 0), 0)),
  dayPrices: ofTails.map(block => (block.pairs[1] as Pairs).dual.slice()),
  steps,
})

/** The longest step at whose end the objective is still defined. */
function within(
  objective: SmoothFunction,
  { point, inner, size, most }: { point: Float64Array; inner: Float64Array; size: number; most: number },
): number {
  let length = most
  for (let tries = 0; tries < 60; tries += 1) {
    const { value } = objective(point.subarray(0, size).map((each, index) => each + length * (inner[index] as number)))
    if (Number.isFinite(value)) return length
    length *= 0.7
  }
  return 0
}

/** That an inequality holds already where its sum is fixed: a second limit of the same would leave no room to be inside of. */
const isSettled = (row: Row, fixed: readonly Row[]): boolean =>
  row.lower !== row.upper &&
  fixed.some(
    ({ coefficients, lower: value }) =>
      value >= row.lower && value <= row.upper && Array.from(coefficients).every((each, index) => each === row.coefficients[index]),
  )
