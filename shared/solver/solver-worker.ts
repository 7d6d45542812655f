import { parentPort } from 'node:worker_threads'
import type { Means } from '../domain/portfolio/problem.ts'
import { type JobName, jobs } from './jobs.ts'
import { loadSolver } from './load-solver.ts'
import type { Said } from './run-in-worker.ts'

interface Job {
  name: JobName
  question: never
  seed: number
}

const loaded = loadSolver()

async function work({ name, question, seed }: Job): Promise<Said> {
  try {
    const means: Means = { solver: await loaded, seed }
    return { answer: jobs[name](question, means) }
  } catch (cause) {
    return { failure: cause as Error }
  }
}

parentPort?.on('message', async (job: Job) => parentPort?.postMessage(await work(job)))
