import type { ServerResponse } from 'node:http'
import { type ProblemInput, problemBody } from '../../../shared/runtime/problem.ts'

/** Answers with a problem of the gateway's own, in the form in which functions refuse. */
export const answerProblem = (response: ServerResponse, problem: ProblemInput) =>
  void response
    .writeHead(problem.status, { 'content-type': 'application/problem+json', ...problem.headers })
    .end(JSON.stringify(problemBody(problem)))
