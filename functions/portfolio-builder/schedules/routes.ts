import { z } from 'zod'
import type { Schedules } from '../../../shared/cloud/schedules.ts'
import { date } from '../../../shared/messages/codecs.ts'
import { type Route, type Routes, route } from '../../../shared/runtime/route.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { act, changeTimeTable, versionOf } from './change.ts'
import { reaching } from './refusals.ts'

interface Surroundings {
  store: Store
  schedules: Schedules
}

const shown = z.object({
  step: z.string(),
  cron: z.string(),
  time_zone: z.string(),
  state: z.enum(['ENABLED', 'PAUSED', 'DISABLED', 'UPDATE_FAILED']),
  last_run: date.nullable(),
  next_run: date.nullable(),
  /** When a person last changed, paused or resumed it. */
  changed_at: date.nullable(),
  /** To send with a change. */
  version: z.string(),
})
const one = z.object({ status: z.literal('success'), schedule: shown })
const ofStep = z.object({ step: z.string().max(100) })
const why = { reason: z.string().max(2_000).optional() }

/** When each step runs, and the ways to stop, start and re-time it: Cloud Scheduler's jobs, or the local scheduler's. */
export const scheduleRoutes = (surroundings: Surroundings): Routes => ({
  'GET /api/v1/schedules': route({
    summary: 'Every schedule with its state, its last and its next run',
    access: ['admin'],
    answer: z.object({ status: z.literal('success'), schedules: z.array(shown), count: z.number() }),
    handle: async () => {
      const found = await reaching(surroundings.schedules.list())
      const schedules = found.sort((a, b) => (a.step < b.step ? -1 : 1)).map(each => ({ ...each, version: versionOf(each) }))
      return { body: { status: 'success', schedules, count: schedules.length } }
    },
  }),
  'POST /api/v1/schedules/:step/pause': actRoute(surroundings, 'pause', 'Stop a schedule until it is resumed'),
  'POST /api/v1/schedules/:step/resume': actRoute(surroundings, 'resume', 'Let a paused schedule go on from its next time'),
  'POST /api/v1/schedules/:step/run': actRoute(surroundings, 'run', 'Start one run now, of a paused schedule too'),
  'PUT /api/v1/schedules/:step': route({
    summary: 'Change when it runs; `version` is the one that was read',
    access: ['admin'],
    params: ofStep,
    body: z.strictObject({ cron: z.string().max(100), time_zone: z.string().max(100).optional(), version: z.string().max(100), ...why }),
    answer: one,
    handle: async ({ params: { step }, body, ...asked }) => {
      const schedule = await changeTimeTable(surroundings, { step, ...body }, asked)
      return { body: { status: 'success', schedule: { ...schedule, version: versionOf(schedule) } } }
    },
  }),
})

const actRoute = (surroundings: Surroundings, name: 'pause' | 'resume' | 'run', summary: string): Route =>
  route({
    summary,
    access: ['admin'],
    params: ofStep,
    body: z.strictObject(why).optional(),
    answer: one,
    handle: async ({ params: { step }, body, ...asked }) => {
      const schedule = await act(surroundings, { step, name, reason: body?.reason }, asked)
      return { body: { status: 'success', schedule: { ...schedule, version: versionOf(schedule) } } }
    },
  })
