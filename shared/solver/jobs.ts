import { type AccountSizes, accountSizes, type SizesQuestion } from '../domain/portfolio/account-sizes.ts'
import type { Means, Problem } from '../domain/portfolio/problem.ts'
import { type ReportQuestion, reportOf } from '../domain/portfolio/report/report.ts'
import { tearsheet } from '../domain/portfolio/report/tearsheet/tearsheet.ts'
import { measure, solve } from '../domain/portfolio/solve.ts'
import { solveScaled } from '../domain/portfolio/solve-scaled.ts'
import { type CrossPlan, crossValidate } from '../domain/portfolio/validation/cross-validate.ts'
import { type WalkPlan, walkForward } from '../domain/portfolio/validation/walk-forward.ts'

interface PageQuestion extends ReportQuestion {
  title: string
  account: AccountSizes | null
}

/** What a worker thread can be asked for; each is pure, given the loaded solver and the seed. */
export const jobs = {
  solve: (problem: Problem, means: Means) => solve(problem, means),
  solveScaled: (problem: Problem, means: Means) => solveScaled(problem, means),
  measure: ({ weights, ...problem }: Omit<Problem, 'constructor_name'> & { weights: number[] }) => measure(problem, weights),
  account_sizes: (question: SizesQuestion) => accountSizes(question),
  report: (question: ReportQuestion, means: Means) => reportOf(question, means),
  /** The tearsheet, drawn where it holds nobody up. */
  page: ({ title, account, ...question }: PageQuestion, means: Means) => {
    const report = reportOf(question, means)
    return { page: tearsheet({ ...report, account }, title), walk_forward: report.honesty.walk_forward }
  },
  walk_forward: ({ problem, plan }: { problem: Problem; plan: WalkPlan }, means: Means) => walkForward(problem, plan, means),
  cross_validate: ({ problem, plan }: { problem: Problem; plan: CrossPlan }, means: Means) => crossValidate(problem, plan, means),
}

export type Jobs = typeof jobs
export type JobName = keyof Jobs
export type Question<Name extends JobName> = Parameters<Jobs[Name]>[0]
export type Answer<Name extends JobName> = ReturnType<Jobs[Name]>
