import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileFaults } from '../../../scripts/check-files.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'files-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function write(file: string, lines: number) {
  mkdirSync(dirname(join(root, file)), { recursive: true })
  writeFileSync(join(root, file), 'export {}\n'.repeat(lines))
}

describe('file check', () => {
  it('refuses an empty tree, since nothing was inspected', () => {
    expect(fileFaults(root)).toEqual(['nothing was inspected: there is no source file'])
  })

  it('accepts 300 lines and refuses 301', () => {
    write('shared/store/orders.ts', 300)
    write('shared/store/fills.ts', 301)
    expect(fileFaults(root)).toEqual(['shared/store/fills.ts has 301 lines; split it, the limit is 300'])
  })

  it('accepts 200 lines of a screen and refuses 201', () => {
    write('frontend/console/Orders.vue', 200)
    write('frontend/console/Fills.vue', 201)
    expect(fileFaults(root)).toEqual(['frontend/console/Fills.vue has 201 lines; split it, the limit is 200'])
  })

  it.each([
    'shared/domain/utils.ts',
    'shared/domain/date-helper.ts',
    'functions/common/index.ts',
    'tests/unit/data.ts',
    'scripts/order-manager.ts',
  ])('refuses the name of %s', file => {
    write(file, 1)
    expect(fileFaults(root)).toEqual([expect.stringMatching(`^${file}: `)])
  })

  it('accepts a name that has such a word within a longer phrase', () => {
    write('functions/account-data/index.ts', 1)
    write('shared/domain/common-stock.ts', 1)
    expect(fileFaults(root)).toEqual([])
  })
})
