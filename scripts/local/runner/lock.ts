import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Someone else runs on the data directory. */
export class LockedError extends Error {
  readonly pid: number
  constructor(dataDir: string, pid: number) {
    super(`Already running on ${dataDir} (pid ${pid}). Stop that one first, or use another --data DIR and --port N.`)
    this.pid = pid
  }
}

/**
 * Takes the data directory for this process; the answer gives it back. A lock whose process is dead is taken over.
 * @throws LockedError while another process holds it
 */
export function lockDataDirectory(dataDir: string): () => void {
  const file = join(dataDir, 'runner.lock')
  while (!takeNew(file)) {
    const holder = holderOf(file)
    if (holder !== null && isRunner(holder)) throw new LockedError(dataDir, holder)
    removeStale(file, dataDir)
  }
  return () => {
    if (holderOf(file) === process.pid) rmSync(file, { force: true })
  }
}

const takeNew = (file: string): boolean => {
  try {
    writeFileSync(file, `${process.pid}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

const holderOf = (file: string): number | null => {
  try {
    return Number(readFileSync(file, 'utf8')) || null
  } catch {
    return null
  }
}

/** Moved aside before it is removed: between reading and removing, another start may have put its own lock there. */
function removeStale(file: string, dataDir: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return // another start was quicker
  }
  const holder = holderOf(aside)
  const fresh = holder !== null && isRunner(holder)
  if (fresh) linkSync(aside, file)
  rmSync(aside)
  if (fresh) throw new LockedError(dataDir, holder)
}

/** Whether a process is alive and, where the system tells, is a runner: numbers of dead processes are used again. */
function isRunner(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('local/start')
  } catch {
    return process.platform !== 'linux'
  }
}
