import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { lockDataDirectory } from '../../../../../scripts/local/runner/lock.ts'

let dataDir = ''
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'lock-'))
})
afterEach(() => rmSync(dataDir, { recursive: true }))

const file = () => join(dataDir, 'runner.lock')

describe('lock of a data directory', () => {
  it('holds the number of the process until it is given back', () => {
    const unlock = lockDataDirectory(dataDir)
    expect(readFileSync(file(), 'utf8')).toBe(`${process.pid}\n`)
    unlock()
    expect(existsSync(file())).toBe(false)
  })

  it('is taken over from a process that is dead', () => {
    const { pid } = spawnSync(process.execPath, ['--version'])
    writeFileSync(file(), `${pid}\n`)
    lockDataDirectory(dataDir)
    expect(readFileSync(file(), 'utf8')).toBe(`${process.pid}\n`)
  })

  it.runIf(process.platform === 'linux')('is taken over from a number that another program has got since', () => {
    writeFileSync(file(), `${process.ppid}\n`)
    lockDataDirectory(dataDir)
    expect(readFileSync(file(), 'utf8')).toBe(`${process.pid}\n`)
  })

  it('is taken over when it cannot be read', () => {
    writeFileSync(file(), '')
    lockDataDirectory(dataDir)
    expect(readFileSync(file(), 'utf8')).toBe(`${process.pid}\n`)
  })
})
