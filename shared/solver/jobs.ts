import type { Means, Problem } from '../domain/portfolio/problem.ts'
import { measure, solve } from '../domain/portfolio/solve.ts'

/** What a worker thread can be asked for; each is pure, given the loaded solver and the seed. */
export const jobs = {
  solve: (problem: Problem, means: Means) => solve(problem, means),
  measure: ({ weights, ...problem }: Omit<Problem, 'constructor_name'> & { weights: number[] }) => measure(problem, weights),
}

export type Jobs = typeof jobs
export type JobName = keyof Jobs
export type Question<Name extends JobName> = Parameters<Jobs[Name]>[0]
export type Answer<Name extends JobName> = ReturnType<Jobs[Name]>
