import { type ChildProcess, spawn } from 'node:child_process'
import { listening } from './ports.ts'
import { errorReader, type Log, openLog } from './process-log.ts'
import type { ProcessPlan } from './process-plan.ts'

export interface Watcher {
  /** A process has another pid, or none for now. */
  onChange(name: string): void
  /** What a process says went wrong. */
  onTrouble(name: string, line: string): void
}

export interface Supervised {
  plan: ProcessPlan
  pid(): number | null
  /** Since when it runs, ms since 1970. */
  since(): number
  restarts(): number
  /** What it logged as an error since it was last asked. */
  newErrors(): string[]
  /** Resolves when it serves for the first time; rejects when it cannot. */
  ready: Promise<void>
  /** Tells it, and every later life of it, that what it builds on is there. */
  release(): void
  stop(signal: NodeJS.Signals): void
  stopped: Promise<void>
}

interface Surroundings {
  environment: NodeJS.ProcessEnv
  logFolder: string
  watcher: Watcher
}

const HEALTHY_MS = 30_000
const waitsMs = [0, 250, 500, 1_000, 2_000, 5_000]
/** Deaths before it ever served that a start puts up with. */
const FIRST_TRIES = 3

/** Runs a process and starts it again whenever it ends by itself: at once the first time, then after longer and longer waits. */
export function supervise(plan: ProcessPlan, { environment, logFolder, watcher }: Surroundings): Supervised {
  const { name, command, args, port, firstLife, ours } = plan
  const own = { ...environment, ...plan.environment }
  const log: Log = openLog(logFolder, name)
  const newErrors = errorReader(log)
  let child: ChildProcess | null = null
  let stopping = false
  let released = false
  let served = false
  let lives = 0
  let deathsInARow = 0
  let bornAt = 0
  let timer: NodeJS.Timeout | undefined
  const gaveUp = Promise.withResolvers<void>()
  const stopped = Promise.withResolvers<void>()
  const over = new AbortController()

  const start = () => {
    const env = lives === 0 ? { ...own, ...firstLife } : own
    lives += 1
    bornAt = Date.now()
    // In a group of its own: Ctrl-C reaches the runner alone, which then stops everything in order.
    const born = spawn(command, args, { env, detached: true, stdio: ['ignore', log.output, 'pipe', ...(ours ? (['ipc'] as const) : [])] })
    child = born
    born.on('error', error => {
      watcher.onTrouble(name, error.message)
      if (born.pid === undefined) ended('it cannot be run')
    })
    log.errors(born.stderr, line => watcher.onTrouble(name, line))
    born.once('exit', (code, signal) => ended(signal ?? `code ${code}`))
    if (!ours && born.pid !== undefined) endWithRunner(born.pid)
    if (released) tellGo(born)
    watcher.onChange(name)
  }

  const ended = (how: string) => {
    child = null
    if (stopping) {
      log.close()
      return stopped.resolve()
    }
    deathsInARow = Date.now() - bornAt > HEALTHY_MS ? 0 : deathsInARow
    const wait = waitsMs[Math.min(deathsInARow, waitsMs.length - 1)] ?? 0
    deathsInARow += 1
    watcher.onTrouble(name, `ended (${how}); started again ${wait === 0 ? 'at once' : `in ${wait / 1000} s`}`)
    watcher.onChange(name)
    if (!served && deathsInARow >= FIRST_TRIES) gaveUp.reject(new Error(`${name} does not start: ${log.lastError() ?? how}`))
    timer = setTimeout(start, wait)
  }

  const ready = async () => {
    if (port === null) return
    await Promise.race([listening(port, over.signal), gaveUp.promise])
    served = true
  }

  start()
  const firstServed = ready()
  firstServed.catch(() => undefined) // whoever waits for it is told; nobody may be waiting yet
  return {
    plan,
    pid: () => child?.pid ?? null,
    since: () => bornAt,
    restarts: () => lives - 1,
    newErrors,
    ready: firstServed,
    release() {
      released = true
      if (child) tellGo(child)
    },
    stop(signal) {
      stopping = true
      over.abort()
      clearTimeout(timer)
      if (child) child.kill(signal)
      else {
        log.close()
        stopped.resolve()
      }
    },
    stopped: stopped.promise,
  }
}

// A process that has just ended cannot be told; its next life will be.
const tellGo = (child: ChildProcess) => child.connected && child.send('go', () => undefined)

/** For a program that is not ours: a shell that waits for the runner's end, when its input closes, and then stops it. */
function endWithRunner(pid: number): void {
  const guard = spawn('sh', ['-c', 'read -r _; kill "$0" 2>/dev/null', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  guard.on('error', () => undefined)
  guard.unref()
}
