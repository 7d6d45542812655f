import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const house = fileURLToPath(new URL('../../..', import.meta.url))

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'report-'))
  mkdirSync(join(root, 'tests/unit'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

/** Runs the given test files under the configuration of this house; answers the last line and the page. */
function run(files: Record<string, string>) {
  for (const [name, source] of Object.entries(files)) writeFileSync(join(root, 'tests/unit', `${name}.test.ts`), source)
  const command = [
    join(house, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--globals',
    '--root',
    root,
    '--config',
    join(house, 'vitest.config.ts'),
  ]
  const { stdout, status } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
  return { status, lastLine: stdout.trimEnd().split('\n').at(-1), page: readFileSync(join(root, 'reports/tests.html'), 'utf8') }
}

const passing = "it('adds <one>', () => { expect(1 + 1).toBe(2) })\n"

describe('test report', () => {
  it('ends the output with the figures of a run that passed', () => {
    const { status, lastLine, page } = run({ sound: passing })
    expect({ status, lastLine }).toEqual({ status: 0, lastLine: '1 passed, 0 failed' })
    expect(page).toContain('adds &lt;one&gt;')
    expect(page).not.toMatch(/src=|href=|@import/)
  })

  it('counts as failed what failed outside of any test: a file that does not load, a hook, an error nobody awaited', () => {
    const { status, lastLine } = run({
      sound: passing,
      wrong: "it('is wrong', () => { expect(1).toBe(2) })\n",
      unloadable: "import './missing.ts'\n",
      hook: "describe('group', () => { beforeAll(() => { throw new Error('no') }); it('waits', () => {}) })\n",
      late: "it('leaves', () => { Promise.reject(new Error('late')) })\nit('stays', () => new Promise(resolve => setImmediate(resolve)))\n",
    })
    expect({ status, lastLine }).toEqual({ status: 1, lastLine: '3 passed, 4 failed' })
  })
})
