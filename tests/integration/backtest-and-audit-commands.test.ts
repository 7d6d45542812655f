import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { auditLog } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { applyCollections } from '../../shared/store/migrate.ts'
import { openStore } from '../../shared/store/open.ts'
import { returnsOf } from '../../shared/store/strategy-backtest-data.ts'
import { strategyById } from '../../shared/store/strategy-configurations.ts'
import { startDatabase } from './runtime-harness.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'backtests-'))
const file = (name: string, ...lines: string[]) => writeFileSync(join(folder, name), `${lines.join('\n')}\n`)

let store: Store
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  const { uri } = await startDatabase()
  environment = { ...process.env, MONGODB_URI: uri, MONGODB_DATABASE: 'commands', FUND_ID: 'fund' }
  store = openStore({ MONGODB_URI: uri, MONGODB_DATABASE: 'commands', FUND_ID: 'fund' })
  await applyCollections(store)
})
afterAll(() => rmSync(folder, { recursive: true }))

const run = (script: string, ...args: string[]) =>
  new Promise<{ code: number; said: string }>(resolve => {
    execFile(process.execPath, [`scripts/${script}.ts`, ...args], { cwd: root, env: environment }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, said: stdout + stderr }),
    )
  })

describe('npm run load-backtests', () => {
  it('loads a folder, makes missing strategies where it is told to, and finds nothing new the second time', async () => {
    file('Forex.csv', 'date,return', '2026-03-02,0.01', '2026-03-03,-0.02', '2026-03-04,0.03')
    file('Gold.csv', 'date,equity', '2026-03-02,100', '2026-03-03,110', '2026-03-04,99')
    const first = await run('load-backtests', folder, '--create')
    expect(first, first.said).toMatchObject({ code: 0 })
    expect((await returnsOf(store, ['Forex', 'Gold'])).get('Forex')?.daily_returns).toEqual([0.01, -0.02, 0.03])
    expect(await strategyById(store, 'Gold')).toMatchObject({ status: 'INACTIVE', trading_mode: 'PAPER' })
    expect(await run('load-backtests', folder)).toEqual({ code: 0, said: 'Forex: unchanged\nGold: unchanged\n' })
  })

  it('tells every wrong line of a file, stores nothing of it, and loads the others', async () => {
    const before = (await returnsOf(store, ['Gold'])).get('Gold')?.source_hash
    file('Gold.csv', 'date,return', '2026-03-02,0.01', '2026-03-02,0.02', '2026-03-03,-1.5')
    file('Silver.csv', 'date,return', '2026-03-02,0.01', '2026-03-03,0.02')
    const { code, said } = await run('load-backtests', folder)
    expect(code).toBe(1)
    expect(said).toMatch(/Gold: refused[\s\S]*line 3: [\s\S]*line 4: /)
    const stored = await returnsOf(store, ['Gold', 'Silver'])
    expect(stored.get('Gold')?.source_hash).toBe(before)
    expect(stored.get('Silver')?.daily_returns).toEqual([0.01, 0.02])
    expect(await strategyById(store, 'Silver')).toBeNull()
  })

  it('says how it is called, and that there is no such folder', async () => {
    expect(await run('load-backtests')).toMatchObject({ code: 2, said: expect.stringContaining('npm run load-backtests -- DIR') })
    expect(await run('load-backtests', join(folder, 'there-is-none'))).toMatchObject({ code: 2 })
  })

  it('means a folder from where it was called', async () => {
    // As npm does, which runs every command in the package's own folder.
    environment.INIT_CWD = dirname(folder)
    expect(await run('load-backtests', basename(folder))).toMatchObject({ code: 1, said: expect.stringContaining('Forex: unchanged') })
    delete environment.INIT_CWD
  })
})

describe('npm run verify-audit', () => {
  it('finds the chains whole, and the line that somebody changed', async () => {
    expect(await run('verify-audit')).toEqual({ code: 0, said: 'whole    load-backtests\n' })
    await auditLog.in(store).updateOne({ writer: 'load-backtests', sequence: 2 }, { $set: { who: 'nobody' } })
    const { code, said } = await run('verify-audit')
    expect([code, said]).toEqual([1, 'BROKEN   load-backtests: line 2 does not follow from the one before it\n'])
  })
})
