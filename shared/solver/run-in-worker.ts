import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DomainError } from '../domain/errors.ts'
import type { Answer, JobName, Question } from './jobs.ts'

export interface WorkerOptions {
  seed?: number
  /** After this the thread is ended and `SOLVER_TIMEOUT` thrown. */
  timeoutMs?: number
}

const TIMEOUT_MS = 60_000
/** The bundler puts the worker beside the function that starts it. */
const entry = join(import.meta.dirname, `solver-worker${extname(import.meta.filename)}`)

/**
 * Runs a job in a thread of its own, so that no event loop waits for a solver, and gives its memory back afterwards.
 * @throws DomainError SOLVER_TIMEOUT when it takes too long, SOLVER_FAILED with its cause when it breaks
 */
export async function runInWorker<Name extends JobName>(
  name: Name,
  question: Question<Name>,
  { seed = 1, timeoutMs = TIMEOUT_MS }: WorkerOptions = {},
): Promise<Answer<Name>> {
  const worker = new Worker(entry, { workerData: { name, question, seed } })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<Answer<Name>>((resolve, reject) => {
      timer = setTimeout(() => reject(new DomainError('SOLVER_TIMEOUT', { job: name, timeout_ms: timeoutMs })), timeoutMs)
      worker.once('message', resolve)
      worker.once('error', cause => reject(new DomainError('SOLVER_FAILED', { job: name, message: String(cause) }, { cause })))
      worker.once('exit', code => reject(new DomainError('SOLVER_FAILED', { job: name, exit_code: code })))
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}
