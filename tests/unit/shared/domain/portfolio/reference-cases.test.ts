import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { verifyOptimizerCases } from '../../../../../scripts/reference/optimizer-cases.ts'
import type { Verdict } from '../../../../../scripts/reference/verdict.ts'
import { loadSolver } from '../../../../../shared/solver/load-solver.ts'

const folder = fileURLToPath(new URL('../../../../fixtures/portfolio', import.meta.url))

describe('reference cases that were solved by other solvers', () => {
  let verdicts: Verdict[] = []
  beforeAll(async () => {
    verdicts = verifyOptimizerCases(folder, await loadSolver())
  })

  test('agree within their tolerances', () => {
    expect(verdicts.filter(({ ok }) => !ok)).toEqual([])
  })

  test('are all there', () => {
    expect(new Set(verdicts.map(verdict => verdict.case)).size).toBe(5)
    expect(verdicts.length).toBeGreaterThan(80)
  })
})
