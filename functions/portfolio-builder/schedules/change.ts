import { createHash } from 'node:crypto'
import type { Schedule, Schedules } from '../../../shared/cloud/schedules.ts'
import { audited } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { type Asked, auditOf } from '../person.ts'
import { reaching, stale, unknownSchedule } from './refusals.ts'

interface Surroundings {
  store: Store
  schedules: Schedules
}

/** Cloud Scheduler counts no versions: this one changes with whatever people change. */
export const versionOf = ({ cron, time_zone, state, changed_at }: Schedule): string =>
  createHash('sha256')
    .update(JSON.stringify([cron, time_zone, state, changed_at]))
    .digest('hex')
    .slice(0, 12)

const done = { pause: 'schedule paused', resume: 'schedule resumed', run: 'schedule run now' } as const

interface Act {
  step: string
  name: keyof typeof done
  reason: string | undefined
}

/** Pauses, resumes or runs a schedule, and writes down who did. */
export async function act({ store, schedules }: Surroundings, { step, name, reason }: Act, asked: Asked): Promise<Schedule> {
  const before = await scheduleOf(schedules, step)
  return written(store, { before, change: () => schedules[name](step), what: done[name], reason, asked })
}

interface Change {
  step: string
  cron: string
  time_zone?: string | undefined
  version: string
  reason?: string | undefined
}

/** Re-times a schedule and writes down who did. @throws Problem 409 with both versions where somebody was first, 422 for a wrong time table */
export async function changeTimeTable({ store, schedules }: Surroundings, wanted: Change, asked: Asked): Promise<Schedule> {
  const { step, cron, version, reason } = wanted
  const before = await scheduleOf(schedules, step)
  if (versionOf(before) !== version) throw stale(step, { yours: version, current: versionOf(before) })
  const table = { cron, time_zone: wanted.time_zone ?? before.time_zone }
  return written(store, { before, change: () => schedules.change(step, table), what: 'schedule changed', reason, asked })
}

async function scheduleOf(schedules: Schedules, step: string): Promise<Schedule> {
  const found = (await reaching(schedules.list())).find(each => each.step === step)
  if (!found) throw unknownSchedule(step)
  return found
}

interface Written {
  before: Schedule
  change: () => Promise<Schedule | null>
  what: string
  reason: string | undefined
  asked: Asked
}

/** Makes the change once, however often its audit line has to be tried. */
async function written(store: Store, { before, change, what, reason, asked }: Written): Promise<Schedule> {
  let changed: Promise<Schedule | null> | null = null
  return audited(store, async () => {
    changed ??= reaching(change())
    const after = await changed
    if (!after) throw unknownSchedule(before.step)
    return { result: after, line: { ...auditOf(asked, reason), what, before: { ...before }, after: { ...after } } }
  })
}
