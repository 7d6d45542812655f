import type { ConvexAnswer } from '../convex-program.ts'
import { type DayMatrix, dayMatrix } from '../interior-point/day-matrix.ts'
import { minimizeSmooth, type SmoothProgram } from '../interior-point/minimize.ts'
import { smoothSemivariance } from '../interior-point/smooth-semivariance.ts'
import { tailDays } from '../measures/tail-mean.ts'
import type { Prepared } from '../prepare.ts'
import type { RiskName } from '../risks.ts'
import { interiorStart, settled } from '../smooth-weights.ts'

/** What gaps are measured by at least: percent of MAD, percent² of half a semivariance. */
const SMALL_MAD = 0.1
const SMALL_SEMIVARIANCE = 1e-6

/** Least MAD or semi-deviation by Newton's method, as many days make them too curved for planes; null for other measures and limits, and where it gets stuck. */
export function leastBySteps(prepared: Prepared, measure: RiskName): ConvexAnswer | null {
  const { percent, expected, upper, rows } = prepared
  if (measure !== 'mad' && measure !== 'semi_deviation') return null
  const centred = dayMatrix(percent.map((column, index) => column.map(value => value - (expected[index] as number))))
  const asked = measure === 'mad' ? madOf(prepared, centred) : semivarianceOf(prepared, centred)
  if (!asked) return null
  const answer = minimizeSmooth({ upper, rows, start: interiorStart(prepared, [...upper.keys()]), ...asked })
  return answer && { status: 'optimal', point: settled(prepared, answer.point), rounds: answer.steps }
}

type Asked = Pick<SmoothProgram, 'objective' | 'tails' | 'levelled' | 'small'>

/** Around the mean there is as much above as below: twice what is below, over all days. */
function madOf({ riskLimits }: Prepared, matrix: DayMatrix): Asked | null {
  if (riskLimits.length > 0) return null
  const nothing = { value: 0, slope: new Float64Array(matrix.size), curve: () => undefined }
  return { objective: () => nothing, tails: [{ matrix, count: matrix.days / 2, limit: null, weight: 1 }], levelled: true, small: SMALL_MAD }
}

function semivarianceOf({ riskLimits, percent }: Prepared, matrix: DayMatrix): Asked | null {
  if (riskLimits.some(({ risk }) => risk !== 'cvar_95')) return null
  const returns = riskLimits.length === 0 ? matrix : dayMatrix(percent)
  const tails = riskLimits.map(({ limit }) => ({ matrix: returns, count: tailDays(matrix.days), limit, weight: 0 }))
  return { objective: smoothSemivariance(matrix), tails, small: SMALL_SEMIVARIANCE }
}
