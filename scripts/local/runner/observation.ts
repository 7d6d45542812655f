import { readFileSync } from 'node:fs'
import { http } from '../http.ts'
import type { NextRun } from '../scheduler/scheduler.ts'
import { HOST } from './ports.ts'

interface Happening {
  at: string
  text: string
}
type Told<T> = { [K in keyof T]: T[K] extends Date | null ? string | null : T[K] }

/** What the market's process tells of the work that is done. */
export interface Activity {
  decisions: Happening[]
  fills: Happening[]
  next_runs: Told<NextRun>[]
}

export interface QueueState {
  subscription: string
  backlog: number
  oldest_age_ms: number
}

const TIMEOUT_MS = 4_000

/** Reads JSON from a loopback port; status 0 and null where nothing answers just now. */
export function readJson<T>(port: number, path: string): Promise<{ status: number; body: T | null }> {
  return new Promise(resolve => {
    const request = http.get({ host: HOST, port, path, timeout: TIMEOUT_MS }, async response => {
      const status = response.statusCode ?? 0
      try {
        resolve({ status, body: JSON.parse(Buffer.concat(await response.toArray()).toString()) })
      } catch {
        resolve({ status, body: null })
      }
    })
    request.once('timeout', () => request.destroy())
    request.once('error', () => resolve({ status: 0, body: null }))
  })
}

const orNull = async <T>(port: number, path: string): Promise<T | null> => {
  const { status, body } = await readJson<T>(port, path)
  return status === 200 ? body : null
}

export const readActivity = (port: number): Promise<Activity | null> => orNull(port, '/activity')
export const readQueues = (port: number): Promise<QueueState[] | null> => orNull(port, '/stats')

const PAGE_BYTES = 4_096

/** Memory of a process in bytes; null where the system has no /proc to tell. */
export function memoryOf(pid: number | null): number | null {
  if (pid === null) return null
  try {
    return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
  } catch {
    return null
  }
}
