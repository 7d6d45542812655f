import { parentPort, workerData } from 'node:worker_threads'
import type { Means } from '../domain/portfolio/problem.ts'
import { jobs } from './jobs.ts'
import { loadSolver } from './load-solver.ts'

const { name, question, seed } = workerData as { name: keyof typeof jobs; question: never; seed: number }

async function work(): Promise<void> {
  const means: Means = { solver: await loadSolver(), seed }
  parentPort?.postMessage(jobs[name](question, means))
}

// What it throws ends the thread, and reaches whoever waits as the worker's error.
void work()
