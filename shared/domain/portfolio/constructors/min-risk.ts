import { type ConvexAnswer, solveConvex } from '../convex-program.ts'
import { dayMatrix } from '../interior-point/day-matrix.ts'
import { minimizeSmooth } from '../interior-point/minimize.ts'
import { smoothSemivariance } from '../interior-point/smooth-semivariance.ts'
import { covariance } from '../measures/correlation.ts'
import { tailDays } from '../measures/tail-mean.ts'
import { limitFunctions, type Prepared } from '../prepare.ts'
import { type RiskName, riskOf, risks } from '../risks.ts'
import { portfolioReturns } from '../scenarios.ts'
import { interiorStart, settled } from '../smooth-weights.ts'
import { type Constructor, found } from './constructor.ts'

/** Lowest risk by the measure asked for, with a least return where given. Each measure's file names its paper. */
export const minRisk: Constructor = prepared => leastRisk(prepared, prepared.problem.measure ?? 'variance')

export function leastRisk(prepared: Prepared, measure: RiskName) {
  const answer =
    measure === 'variance'
      ? leastVariance(prepared)
      : ((measure === 'semi_deviation' ? leastShortfalls(prepared) : null) ?? leastByCuts(prepared, measure))
  return found(answer, weights => risks[measure].value(portfolioReturns(prepared.scenarios.columns, weights)))
}

function leastByCuts(prepared: Prepared, measure: RiskName): ConvexAnswer {
  const { means, percent, upper, rows } = prepared
  const lower = new Float64Array(upper.length)
  const limits = limitFunctions(prepared)
  return solveConvex(means.solver, { cost: lower, lower, upper, rows, limits, objective: riskOf(measure, percent) })
}

/** Newton's method, as shortfalls are too curved for planes; null where it is not made for the limits or gets stuck. */
function leastShortfalls(prepared: Prepared): ConvexAnswer | null {
  const { percent, expected, upper, rows, riskLimits } = prepared
  if (riskLimits.some(({ risk }) => risk !== 'cvar_95')) return null
  const centred = dayMatrix(percent.map((column, index) => column.map(value => value - (expected[index] as number))))
  const returns = riskLimits.length === 0 ? centred : dayMatrix(percent)
  const answer = minimizeSmooth({
    objective: smoothSemivariance(centred),
    upper,
    rows,
    tails: riskLimits.map(({ limit }) => ({ matrix: returns, count: tailDays(returns.days), limit, weight: 0 })),
    start: interiorStart(prepared, [...upper.keys()]),
    small: SMALL,
  })
  return answer && { status: 'optimal', point: settled(prepared, answer.point), rounds: answer.steps }
}

/** Percent², of which gaps are measured by at least. */
const SMALL = 1e-4

function leastVariance(prepared: Prepared): ConvexAnswer {
  const { means, percent, upper, rows } = prepared
  const lower = new Float64Array(upper.length)
  const limits = limitFunctions(prepared)
  return solveConvex(means.solver, { cost: lower, lower, upper, rows, limits, hessian: scaledCovariance(percent) })
}

/** Covariance × N ÷ trace: HiGHS adds 1e-7 to a Hessian's diagonal, which must be small beside it (POR-6). */
export function scaledCovariance(percent: readonly Float64Array[]): Float64Array[] {
  const matrix = covariance(percent)
  const trace = matrix.reduce((sum, row, index) => sum + (row[index] as number), 0)
  return trace === 0 ? matrix : matrix.map(row => row.map(value => (value * matrix.length) / trace))
}
