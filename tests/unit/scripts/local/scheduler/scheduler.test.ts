import { describe, expect, it } from 'vitest'
import { openJobBook } from '../../../../../scripts/local/scheduler/job-book.ts'
import { createScheduler } from '../../../../../scripts/local/scheduler/scheduler.ts'

const plan = (cron: string, time_zone = 'UTC') => [{ step: 'sync-accounts', topic: 'run-sync-accounts', cron, time_zone }]

function started(at: string, schedules = plan('*/5 * * * *')) {
  let time = new Date(at)
  const runs: string[] = []
  const scheduler = createScheduler({
    book: openJobBook(schedules, null),
    now: () => time,
    run: (_, scheduled_at) => runs.push(scheduled_at.toISOString()),
  })
  const moveTo = (moment: string) => {
    time = new Date(moment)
    scheduler.tick()
  }
  return { runs, moveTo, next: () => scheduler.nextRuns()[0]?.at?.toISOString() }
}

describe('scheduler', () => {
  it('starts a run when it is due, once', () => {
    const { runs, moveTo } = started('2026-03-04T10:01:00Z')
    for (const moment of ['2026-03-04T10:04:59Z', '2026-03-04T10:05:00Z', '2026-03-04T10:05:01Z']) moveTo(moment)
    expect(runs).toEqual(['2026-03-04T10:05:00.000Z'])
  })

  it('starts one run when the clock is moved over many', () => {
    const { runs, moveTo, next } = started('2026-03-04T10:01:00Z')
    moveTo('2026-03-04T12:02:00Z')
    expect(runs).toEqual(['2026-03-04T10:05:00.000Z'])
    expect(next()).toBe('2026-03-04T12:05:00.000Z')
  })

  it('follows a clock that is moved back', () => {
    const { runs, moveTo } = started('2026-03-04T10:01:00Z')
    moveTo('2026-03-04T08:01:00Z')
    moveTo('2026-03-04T08:05:00Z')
    expect(runs).toEqual(['2026-03-04T08:05:00.000Z'])
  })

  it('keeps to the time zone of the schedule', () => {
    // Midnight in New York is 5:00 UTC in winter and 4:00 UTC in summer.
    expect(started('2026-01-10T12:00:00Z', plan('0 0 * * *', 'America/New_York')).next()).toBe('2026-01-11T05:00:00.000Z')
    expect(started('2026-07-10T12:00:00Z', plan('0 0 * * *', 'America/New_York')).next()).toBe('2026-07-11T04:00:00.000Z')
  })
})
