import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { addSolver, bundling } from '../../../scripts/build.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
afterAll(() => rmSync(folder, { recursive: true }))

const caller = `
import { runInWorker } from '${root}/shared/solver/run-in-worker.ts'
const columns = [Float64Array.from({ length: 60 }, (_, day) => (day % 2 ? 0.012 : -0.01))]
const scenarios = { names: ['A'], dates: Array.from({ length: 60 }, (_, day) => 'day ' + day), columns }
runInWorker('solve', { constructor_name: 'max_return_cvar', scenarios, limits: { cvar: 0.005 } }).then(({ weights }) => console.log(weights))`

describe('a bundled step', () => {
  test('solves in its worker thread, with nothing but its folder', async () => {
    const { warnings } = await build({ ...bundling, stdin: { contents: caller, resolveDir: root }, outfile: `${folder}/index.js` })
    await addSolver(root, folder)
    writeFileSync(`${folder}/package.json`, '{"type":"commonjs"}')
    const { stdout, stderr } = spawnSync(process.execPath, [join(folder, 'index.js')], { cwd: folder, encoding: 'utf8' })
    expect(warnings).toEqual([])
    expect(stderr).toBe('')
    // Half of what loses 1 % loses 0.5 %.
    expect(stdout).toContain('[ 0.5 ]')
  })
})
