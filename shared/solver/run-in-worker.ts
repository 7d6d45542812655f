import { extname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DomainError } from '../domain/errors.ts'
import type { Answer, JobName, Question } from './jobs.ts'

export interface WorkerOptions {
  seed?: number
  /** After this the thread is ended and `SOLVER_TIMEOUT` thrown. */
  timeoutMs?: number
}

/** What the thread says of a job. */
export type Said = { answer: unknown } | { failure: Error }

const TIMEOUT_MS = 60_000
/** A thread that has loaded the solver and compiled its code solves several times quicker: one is kept for the next question, so long. */
const KEPT_MS = 3_000
/** Megabytes of a thread's own heap; columns and the solver's models lie beside it. Over it the thread ends, and the process stays. */
const resourceLimits = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 }
/** The bundler puts the worker beside the function that starts it. */
const entry = join(import.meta.dirname, `solver-worker${extname(import.meta.filename)}`)

interface Kept {
  worker: Worker
  /** Ends the keeping: the thread is somebody's again, or gone. */
  release: () => void
}
let kept: Kept | null = null

function take(): Worker {
  if (!kept) return new Worker(entry, { resourceLimits })
  const { worker, release } = kept
  release()
  worker.ref()
  return worker
}

/** Keeps a thread for whoever asks next; a process may end with it. */
function keep(worker: Worker): void {
  if (kept) return void worker.terminate()
  const release = () => {
    clearTimeout(timer)
    worker.off('error', release).off('exit', release)
    kept = null
  }
  const timer = setTimeout(() => {
    release()
    void worker.terminate()
  }, KEPT_MS)
  timer.unref()
  worker.unref()
  worker.on('error', release).on('exit', release)
  kept = { worker, release }
}

/**
 * Runs a job in a thread beside the event loop, which does not wait for a solver, and gives its memory back a little later.
 * @throws DomainError SOLVER_TIMEOUT when it takes too long, SOLVER_FAILED with its cause when it breaks
 */
export async function runInWorker<Name extends JobName>(
  name: Name,
  question: Question<Name>,
  { seed = 1, timeoutMs = TIMEOUT_MS }: WorkerOptions = {},
): Promise<Answer<Name>> {
  const worker = take()
  try {
    const said = await answerOf(worker, { name, timeoutMs, post: () => worker.postMessage({ name, question, seed }) })
    keep(worker)
    if ('failure' in said) throw failed(name, said.failure)
    return said.answer as Answer<Name>
  } catch (error) {
    if (kept?.worker !== worker) await worker.terminate()
    throw error
  }
}

const failed = (job: JobName, cause: unknown) => new DomainError('SOLVER_FAILED', { job, message: String(cause) }, { cause })

interface Asking {
  name: JobName
  timeoutMs: number
  post: () => void
}

/** What a thread says next, unless it ends or takes too long. */
async function answerOf(worker: Worker, { name, timeoutMs, post }: Asking): Promise<Said> {
  const endings: (() => unknown)[] = []
  try {
    return await new Promise<Said>((resolve, reject) => {
      const broke = (cause: unknown) => reject(failed(name, cause))
      const ended = (code: number) => reject(new DomainError('SOLVER_FAILED', { job: name, exit_code: code }))
      const timer = setTimeout(() => reject(new DomainError('SOLVER_TIMEOUT', { job: name, timeout_ms: timeoutMs })), timeoutMs)
      worker.on('message', resolve).on('error', broke).on('exit', ended)
      endings.push(
        () => clearTimeout(timer),
        () => worker.off('message', resolve).off('error', broke).off('exit', ended),
      )
      post()
    })
  } finally {
    for (const end of endings) end()
  }
}
