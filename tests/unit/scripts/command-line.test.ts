import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'

const run = (...args: string[]) => spawnSync(process.execPath, args, { encoding: 'utf8' })

describe('a command', () => {
  it.each(['acknowledge-exit', 'verify-audit'])('says how it is called where it is asked: %s', name => {
    const { status, stdout, stderr } = run(`scripts/${name}.ts`, '--help')
    expect([status, stdout, stderr]).toEqual([0, expect.stringMatching(new RegExp(`^npm run ${name} -- `)), ''])
  })

  it('that is called wrongly says what is wrong, and how it is called', () => {
    const { status, stderr } = run('scripts/verify-audit.ts', '--dta', 'x')
    expect([status, stderr]).toEqual([2, expect.stringMatching(/^Unknown option '--dta'[\s\S]*npm run verify-audit -- /)])
  })
})
