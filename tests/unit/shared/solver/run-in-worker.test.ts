import { describe, expect, test } from 'vitest'
import type { Problem } from '../../../../shared/domain/portfolio/problem.ts'
import { runInWorker } from '../../../../shared/solver/run-in-worker.ts'

const STRATEGIES = 30
const DAYS = 500
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

  test('takes little of the event loop, however large the question and the answer', async () => {
    const wide = columns.flatMap(column => [column, column.map(value => value * 0.9), column.map(value => value * 1.1)])
    const large: Problem = {
      constructor_name: 'equal_weight',
      scenarios: { ...problem.scenarios, names: wide.map((_, index) => `S${index}`), columns: wide },
      limits: { cap: 0.5 },
    }
    await runInWorker('solve', large)
    const before = process.threadCpuUsage()
    const answer = await runInWorker('solve', large)
    const { user, system } = process.threadCpuUsage(before)
    expect(answer.correlation).toHaveLength(90)
    // Processor time of this thread: what others take of a busy machine does not count.
    expect((user + system) / 1000).toBeLessThan(20)
  })

  test('is ended when it takes too long', async () => {
    await expect(runInWorker('solve', problem, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'SOLVER_TIMEOUT' })
  })

  test('says what broke it', async () => {
    const broken = { ...problem, constructor_name: 'nothing' } as unknown as Problem
    await expect(runInWorker('solve', broken)).rejects.toMatchObject({ code: 'SOLVER_FAILED' })
  })
})
