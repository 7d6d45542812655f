import { Cron } from 'croner'
import type { Job, JobBook } from './job-book.ts'

interface Surroundings {
  book: JobBook
  now: () => Date
  /** Starts one run. */
  run: (job: Job, scheduled_at: Date) => void
}

export interface NextRun {
  step: string
  cron: string
  time_zone: string
  /** Null while it is paused. */
  at: Date | null
}

export interface Scheduler {
  /** Starts what is due; called a few times a second. */
  tick(): void
  nextRuns(): NextRun[]
  /** Null where no step of the plan has that name. */
  job(step: string): Job | null
  /** Starts one run at once, of a paused job too. */
  start(step: string): void
  pause(step: string): void
  resume(step: string): void
  /** @throws RangeError where that is no time table */
  change(step: string, table: { cron: string; time_zone: string }): void
}

const FIELDS = 5

/** @throws RangeError in words for whoever wrote it; a time zone that there is not, a line of other than five fields */
function timeTable({ cron, time_zone }: { cron: string; time_zone: string }): Cron {
  try {
    if (cron.trim().split(/\s+/).length !== FIELDS) throw new Error(`it needs ${FIELDS} fields`)
    new Intl.DateTimeFormat('en', { timeZone: time_zone })
    return new Cron(cron, { timezone: time_zone, paused: true })
  } catch (error) {
    throw new RangeError(`“${cron}” in ${time_zone} is no time table: ${(error as Error).message}`, { cause: error })
  }
}

/**
 * Runs schedules by a clock that may be moved. Moved forward over several runs it starts one, as Cloud Scheduler does not make up for
 * what it missed; moved back it waits for the next run after the new time.
 */
export function createScheduler({ book, now, run }: Surroundings): Scheduler {
  const tables = new Map<string, { table: Cron; next: Date | null }>()
  const plan = (job: Job) => {
    const table = timeTable(job)
    tables.set(job.step, { table, next: job.paused ? null : table.nextRun(now()) })
  }
  const jobOf = (step: string): Job | null => book.jobs().find(job => job.step === step) ?? null
  const noted = (step: string, changes: Parameters<JobBook['note']>[1]) => {
    book.note(step, { ...changes, changed_at: now().toISOString() })
    const job = jobOf(step)
    if (job) plan(job)
  }
  const started = (job: Job, due: Date) => {
    book.note(job.step, { last_run: now().toISOString() })
    run(job, due)
  }
  for (const job of book.jobs()) plan(job)
  let before = now()
  return {
    tick() {
      const at = now()
      const movedBack = at < before
      before = at
      for (const [step, planned] of tables) {
        if (planned.next === null) continue
        if (movedBack) planned.next = planned.table.nextRun(at)
        if (planned.next === null || planned.next > at) continue
        const due = planned.next
        planned.next = planned.table.nextRun(at)
        const job = jobOf(step)
        if (job) started(job, due)
      }
    },
    nextRuns: () => book.jobs().map(({ step, cron, time_zone }) => ({ step, cron, time_zone, at: tables.get(step)?.next ?? null })),
    job: jobOf,
    start(step) {
      const job = jobOf(step)
      if (job) started(job, now())
    },
    pause: step => noted(step, { paused: true }),
    resume: step => noted(step, { paused: false }),
    change(step, table) {
      timeTable(table)
      noted(step, table)
    },
  }
}
