import { describe, expect, test } from 'vitest'
import type { Problem } from '../../../../shared/domain/portfolio/problem.ts'
import { runInWorker } from '../../../../shared/solver/run-in-worker.ts'

const STRATEGIES = 60
const DAYS = 1_000
const columns = Array.from({ length: STRATEGIES }, (_, one) =>
  Float64Array.from({ length: DAYS }, (__, day) => 0.0005 + 0.01 * Math.sin((day + 1) * (one + 1.37) * 12.9898)),
)
const problem: Problem = {
  constructor_name: 'max_return_cvar',
  scenarios: { names: columns.map((_, index) => `S${index}`), dates: Array.from({ length: DAYS }, (_, day) => `day ${day}`), columns },
  limits: { cap: 0.5, budget: 2, cvar: 0.004 },
}

describe('the solver in a thread of its own', () => {
  test('answers', async () => {
    const answer = await runInWorker('solve', problem)
    expect(answer.status).toBe('optimal')
    expect(answer.binding).toContain('cvar_limit')
  })

  test('is ended when it takes too long', async () => {
    await expect(runInWorker('solve', problem, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'SOLVER_TIMEOUT' })
  })

  test('says what broke it', async () => {
    const broken = { ...problem, constructor_name: 'nothing' } as unknown as Problem
    await expect(runInWorker('solve', broken)).rejects.toMatchObject({ code: 'SOLVER_FAILED' })
  })
})
