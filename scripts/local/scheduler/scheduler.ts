import { Cron } from 'croner'
import type { Schedule } from '../../pipeline.ts'

interface Surroundings {
  schedules: readonly Schedule[]
  now: () => Date
  /** Starts one run. */
  run: (schedule: Schedule, scheduled_at: Date) => void
}

export interface NextRun {
  step: string
  cron: string
  time_zone: string
  at: Date | null
}

export interface Scheduler {
  /** Starts what is due; called a few times a second. */
  tick(): void
  nextRuns(): NextRun[]
}

/**
 * Runs schedules by a clock that may be moved. Moved forward over several runs it starts one, as Cloud Scheduler does not make up for
 * what it missed; moved back it waits for the next run after the new time.
 */
export function createScheduler({ schedules, now, run }: Surroundings): Scheduler {
  const plans = schedules.map(schedule => {
    const cron = new Cron(schedule.cron, { timezone: schedule.time_zone, paused: true })
    return { schedule, cron, next: cron.nextRun(now()) }
  })
  let before = now()
  return {
    tick() {
      const at = now()
      const movedBack = at < before
      before = at
      for (const plan of plans) {
        if (movedBack) plan.next = plan.cron.nextRun(at)
        if (plan.next === null || plan.next > at) continue
        const due = plan.next
        plan.next = plan.cron.nextRun(at)
        run(plan.schedule, due)
      }
    },
    nextRuns: () => plans.map(({ schedule: { step, cron, time_zone }, next }) => ({ step, cron, time_zone, at: next })),
  }
}
