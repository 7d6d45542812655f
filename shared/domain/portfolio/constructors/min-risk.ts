import { type ConvexAnswer, solveConvex } from '../convex-program.ts'
import { covariance } from '../measures/correlation.ts'
import { limitFunctions, type Prepared } from '../prepare.ts'
import { type RiskName, riskOf, risks } from '../risks.ts'
import { portfolioReturns } from '../scenarios.ts'
import { type Constructor, found } from './constructor.ts'
import { leastBySteps } from './least-by-steps.ts'

/** Lowest risk by the measure asked for, with a least return where given. Each measure's file names its paper. */
export const minRisk: Constructor = prepared => leastRisk(prepared, prepared.problem.measure ?? 'variance')

export function leastRisk(prepared: Prepared, measure: RiskName) {
  const answer = measure === 'variance' ? leastVariance(prepared) : (leastBySteps(prepared, measure) ?? leastByCuts(prepared, measure))
  return found(answer, weights => risks[measure].value(portfolioReturns(prepared.scenarios.columns, weights)))
}

function leastByCuts(prepared: Prepared, measure: RiskName): ConvexAnswer {
  const { means, percent, upper, rows } = prepared
  const lower = new Float64Array(upper.length)
  const limits = limitFunctions(prepared)
  return solveConvex(means.solver, { cost: lower, lower, upper, rows, limits, objective: riskOf(measure, percent) })
}

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
