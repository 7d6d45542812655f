import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { loadSolver } from '../shared/solver/load-solver.ts'
import { verifyOptimizerCases } from './reference/optimizer-cases.ts'
import { verifyPublicCases } from './reference/public-cases.ts'
import type { Verdict } from './reference/verdict.ts'

const usage = `npm run verify-reference -- DIR
  DIR holds either cases.json (cases of public libraries) or a JSON with its CSV for each case of the optimizer`

function show(verdicts: readonly Verdict[]): void {
  const widest = Math.max(...verdicts.map(verdict => verdict.case.length + verdict.what.length)) + 1
  for (const verdict of verdicts) {
    const name = `${verdict.case} ${verdict.what}`
    console.log(`${verdict.ok ? 'ok    ' : 'FAILED'}  ${name.padEnd(widest)}  expected ${verdict.expected}  found ${verdict.found}`)
  }
}

const folder = process.argv[2]
if (folder === undefined || !existsSync(folder)) {
  console.error(folder === undefined ? usage : `${folder} is not there\n\n${usage}`)
  process.exitCode = 2
} else {
  const solver = await loadSolver()
  const verdicts = existsSync(join(folder, 'cases.json')) ? verifyPublicCases(folder, solver) : verifyOptimizerCases(folder, solver)
  show(verdicts)
  const failed = verdicts.filter(({ ok }) => !ok).length
  console.log(`\n${verdicts.length - failed} of ${verdicts.length} agree`)
  // A folder without cases proves nothing.
  if (failed > 0 || verdicts.length === 0) process.exitCode = 1
}
