import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Endpoints, readEndpoints } from '../local/endpoints.ts'

const starter = fileURLToPath(new URL('../local/start.ts', import.meta.url))
const START_WITHIN_MS = 60_000

export interface Started {
  endpoints(): Endpoints
  /** What the runner said so far. */
  said(): string
  setClock(offset_ms: number): void
  kill(process: string): boolean
  stop(): Promise<void>
}

/** The whole system, as `npm start` runs it, in a data directory of its own. */
export async function startForChaos(port: number, environment: Record<string, string>): Promise<Started> {
  const dataDir = mkdtempSync(join(tmpdir(), 'chaos-'))
  const { MONGODB_URI: _, ...rest } = process.env
  const runner = spawn(process.execPath, [starter, '--data', dataDir, '--port', String(port), '--no-sender'], {
    env: { ...rest, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [runner.stdout, runner.stderr]) stream.on('data', chunk => (said += chunk))
  const deadline = Date.now() + START_WITHIN_MS
  while (!(existsSync(join(dataDir, 'endpoints.json')) && isReady(dataDir))) {
    if (Date.now() > deadline || runner.exitCode !== null) throw new Error(`the system did not start:\n${said}`)
    await delay(50)
  }
  return {
    endpoints: () => readEndpoints(dataDir),
    said: () => said,
    setClock: offset_ms => writeFileSync(join(dataDir, 'clock.json'), JSON.stringify({ offset_ms })),
    kill: name => {
      const pid = readEndpoints(dataDir).processes.find(each => each.name === name)?.pid
      if (pid === undefined) return false
      try {
        process.kill(pid, 'SIGKILL')
        return true
      } catch {
        return false // between two lives
      }
    },
    stop: async () => {
      await end(runner)
      if (process.env.CHAOS_KEEP === undefined) rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

const isReady = (dataDir: string): boolean => {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'endpoints.json'), 'utf8')).ready
  } catch {
    return false // half written
  }
}

async function end(runner: ChildProcess): Promise<void> {
  if (runner.exitCode !== null) return
  const closed = once(runner, 'close')
  runner.kill('SIGTERM')
  await closed
}
