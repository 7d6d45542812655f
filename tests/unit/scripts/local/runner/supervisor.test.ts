import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Supervised, supervise } from '../../../../../scripts/local/runner/supervisor.ts'

let folder = ''
let running: Supervised | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'supervisor-'))
})
afterEach(async () => {
  running?.stop('SIGKILL')
  await running?.stopped
  rmSync(folder, { recursive: true })
})

const stays = 'setInterval(() => {}, 1000)'

function run(code: string, { port = null, firstLife = {} }: { port?: number | null; firstLife?: Record<string, string> } = {}) {
  const troubles: string[] = []
  const plan = { name: 'part', command: process.execPath, args: ['-e', code], port, firstLife, stage: 'functions' as const, ours: true }
  const watcher = { onChange: () => undefined, onTrouble: (_: string, line: string) => troubles.push(line) }
  running = supervise(plan, { environment: { ...process.env, LIFE: 'later' }, logFolder: folder, watcher })
  return { part: running, troubles, log: () => readFileSync(join(folder, 'part.log'), 'utf8') }
}

describe('supervised process', () => {
  it('is started again when it is killed, at once', async () => {
    const { part, troubles } = run(stays)
    const first = part.pid()
    process.kill(first ?? 0, 'SIGKILL')
    await vi.waitFor(() => expect([part.restarts(), part.pid() !== first, part.pid() !== null]).toEqual([1, true, true]), {
      timeout: 30_000,
    })
    expect(troubles).toEqual(['ended (SIGKILL); started again at once'])
  })

  it('is given what is for its first life in that one alone', async () => {
    const { log } = run(`console.log(process.env.LIFE); if (process.env.LIFE === "first") process.kill(process.pid, "SIGKILL"); ${stays}`, {
      firstLife: { LIFE: 'first' },
    })
    await vi.waitFor(() => expect(log()).toBe('first\nlater\n'), { timeout: 5_000 })
  })

  it('is told to go on in every life', async () => {
    const { part, log } = run('process.on("message", word => { console.log(word); process.kill(process.pid, "SIGKILL") })')
    part.release()
    await vi.waitFor(() => expect(log()).toMatch(/^go\ngo\n/), { timeout: 5_000 })
  })

  it('is given up, with its own words, when it dies again and again before it serves', async () => {
    const { part } = run('throw new Error("no such thing")', { port: 1 })
    await expect(part.ready).rejects.toThrow('part does not start: Error: no such thing')
  })

  it('shows what it says on standard error, and tells of errors in its log', async () => {
    const line = '{"severity":"ERROR","message":"broken"}'
    const { part, troubles } = run(`console.error("loud"); console.log('${line}'); console.log('{"severity":"INFO"}'); ${stays}`)
    await vi.waitFor(() => expect(troubles).toEqual(['loud']), { timeout: 5_000 })
    await vi.waitFor(() => expect(part.newErrors()).toEqual([line]), { timeout: 30_000 })
    expect(part.newErrors()).toEqual([])
  })
})
