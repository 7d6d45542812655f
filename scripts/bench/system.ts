import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Endpoints, endpointsFile, readEndpoints } from '../local/endpoints.ts'
import { localPlan } from '../local/prepare/plan.ts'
import { portsFrom, takenPorts } from '../local/runner/ports.ts'
import { loadPipeline } from '../pipeline.ts'

export interface System {
  pid: number
  dataDir: string
  endpoints: Endpoints
  /** From the spawn of `npm start`'s command until its endpoints.json was there. */
  readyMs: number
  /** The door's own address, without the gateway before it. */
  directSignalsUrl: string
  /** The simulated market's. */
  marketUrl: string
  stop(): Promise<void>
}

const start = fileURLToPath(new URL('../local/start.ts', import.meta.url))
const READY_WITHIN_MS = 120_000
const STOP_WITHIN_MS = 10_000

const systems = localPlan(loadPipeline()).systems.map(({ name }) => name)

const running = new Set<ChildProcess>()
// Whatever ends the bench, nothing of what it started stays behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, async () => {
    await Promise.all([...running].map(stopChild))
    process.exit(130)
  })
}

async function stopChild(child: ChildProcess): Promise<void> {
  const ended = new Promise<void>(resolve => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  await ended
  clearTimeout(killer)
  running.delete(child)
}

/** A first port whose followers are free too, below those that the kernel gives to outgoing connections. */
async function freePorts(): Promise<number> {
  for (;;) {
    const first = randomInt(20_000, 32_000)
    const { functions, ...own } = portsFrom(first, systems)
    if ((await takenPorts([...Object.values(own), ...Object.values(functions)])).length === 0) return first
  }
}

/** Starts everything as a user does, and resolves when its endpoints.json says that it is ready. */
export async function startSystem(dataDir: string, environment: NodeJS.ProcessEnv = {}): Promise<System> {
  const port = await freePorts()
  const begun = performance.now()
  const child = spawn(process.execPath, [start, '--data', dataDir, '--port', String(port), '--no-sender'], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      said = `${said}${chunk}`.slice(-4_000)
    })
  }
  while (!existsSync(endpointsFile(dataDir))) {
    if (child.exitCode !== null || performance.now() - begun > READY_WITHIN_MS) {
      child.kill('SIGTERM')
      throw new Error(`The system did not become ready:\n${said}`)
    }
    await delay(10)
  }
  const readyMs = performance.now() - begun
  return {
    pid: child.pid ?? 0,
    dataDir,
    endpoints: readEndpoints(dataDir),
    readyMs,
    directSignalsUrl: `http://127.0.0.1:${portsFrom(port, systems).functions['signal-ingestion']}/ingest-signal/api/v1/signals`,
    marketUrl: `http://127.0.0.1:${portsFrom(port, systems).market}`,
    stop: () => stopChild(child),
  }
}

/** Resident memory of a process in MB; null where it is gone, or where the machine does not tell (no /proc). */
export function residentMb(pid: number): number | null {
  try {
    const [, kB] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kB === undefined ? null : Math.round(Number(kB) / 1024)
  } catch {
    return null
  }
}

/** Linux counts a process's time in hundredths of a second. */
const TICK_MS = 10

/** Processor time that a process has used so far, in ms; null as above. */
export function cpuMs(pid: number): number | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After the name in brackets, which may hold spaces: utime and stime are the 12th and 13th.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return null
  }
}
