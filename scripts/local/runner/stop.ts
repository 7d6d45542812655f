import { type ProcessPlan, stages } from './process-plan.ts'
import type { Supervised } from './supervisor.ts'

/** After this, what still runs is killed; the whole of stopping stays under 5 s. */
const PATIENCE_MS = 3_000

/** Stops everything, from the front door to the database, so that each part can finish with what it builds on still there. */
export async function stopAll(running: readonly Supervised[]): Promise<void> {
  const killer = setTimeout(() => {
    for (const each of running) each.stop('SIGKILL')
  }, PATIENCE_MS)
  for (const stage of stages) await stopStage(running, stage)
  clearTimeout(killer)
}

async function stopStage(running: readonly Supervised[], stage: ProcessPlan['stage']): Promise<void> {
  const members = running.filter(each => each.plan.stage === stage)
  for (const each of members) each.stop('SIGTERM')
  await Promise.all(members.map(({ stopped }) => stopped))
}
