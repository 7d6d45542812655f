import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { dayIn } from '../../../shared/domain/time/fund-calendar.ts'
import { type ResearchRun, researchRun } from '../../../shared/messages/portfolio.ts'
import type { Flush } from '../../../shared/runtime/outbox.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { type Routes, route } from '../../../shared/runtime/route.ts'
import { audited } from '../../../shared/store/audit-log.ts'
import type { Store } from '../../../shared/store/collection.ts'
import { newRun } from '../../../shared/store/new-run.ts'
import { toOutbox } from '../../../shared/store/outbox.ts'
import { insertRun, type OptimizationRun, portfolioOptimizationRuns, runsById } from '../../../shared/store/portfolio-optimization-runs.ts'
import { deleteTest, insertTest, type PortfolioTest, testById, testsPage } from '../../../shared/store/portfolio-tests.ts'
import { type OptimizationSettings, readSettings } from '../../../shared/store/settings.ts'
import { paged, pageQuery } from '../paging.ts'
import { type Asked, auditOf, whoAsks } from '../person.ts'

interface Surroundings {
  store: Store
  flush: Flush
  time_zone: string
}

const success = z.literal('success')
const ofTest = z.object({ test_id: z.string().max(100) })
const shownTest = portfolioOptimizationRuns.schema.omit({ outbox: true }).extend({ test_id: z.string(), created_at: z.iso.datetime() })

/** Research: the constructors tried out on whatever strategies and limits; nothing comes into force by it. */
export const researchRoutes = ({ store, flush, time_zone }: Surroundings): Routes => ({
  'GET /api/v1/portfolio-tests': route({
    summary: 'Research runs, newest first',
    access: ['admin'],
    query: z.object(pageQuery),
    answer: z.object({ status: success, tests: z.array(shownTest), count: z.number(), next_cursor: z.string().nullable() }),
    handle: async ({ query }) => {
      const { found, next_cursor } = await paged(testsPage(store, { limit: query.limit, cursor: query.cursor }))
      return { body: { status: 'success', tests: await shown(store, found), count: found.length, next_cursor } }
    },
  }),
  'POST /api/v1/portfolio-tests/run': route({
    summary: 'Run a constructor; the limits of the settings hold where no others are given',
    access: ['admin'],
    body: researchRun,
    answer: z.object({ status: z.literal('accepted'), test_id: z.string(), run_id: z.string(), status_url: z.string() }),
    handle: async ({ body, ...asked }) => {
      const test_id = await queueRun({ store, flush, time_zone }, body, asked)
      const status_url = `/api/v1/portfolio-tests/${test_id}`
      return { status: 202, headers: { location: status_url }, body: { status: 'accepted', test_id, run_id: test_id, status_url } }
    },
  }),
  'GET /api/v1/portfolio-tests/:test_id': route({
    summary: 'One research run: its `status` is queued, then done, infeasible or failed',
    access: ['admin'],
    params: ofTest,
    answer: z.object({ status: success, test: shownTest }),
    handle: async ({ params: { test_id } }) => {
      const [test] = await shown(store, [await known(store, test_id)])
      return { body: { status: 'success', test } }
    },
  }),
  'GET /api/v1/portfolio-tests/:test_id/tearsheet': route({
    summary: 'A run’s page with every chart',
    access: ['admin'],
    params: ofTest,
    answer: z.string(),
    handle: async ({ params: { test_id } }) => {
      const { tearsheet } = await known(store, test_id)
      if (tearsheet === null)
        throw new Problem({ status: 404, code: 'NO_TEARSHEET', detail: 'The run is not done, or it found no weights.' })
      const policy = "default-src 'none'; style-src 'unsafe-inline'"
      return { headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy }, body: tearsheet }
    },
  }),
  'DELETE /api/v1/portfolio-tests/:test_id': route({
    summary: 'Throw a research run’s test and tearsheet away; the run itself stays on record',
    access: ['admin'],
    params: ofTest,
    answer: z.object({ status: success, test_id: z.string() }),
    handle: async ({ params: { test_id }, ...asked }) => {
      const { tearsheet: _tearsheet, ...before } = await known(store, test_id)
      await audited(store, async within => {
        await deleteTest(store, test_id, within)
        return { result: null, line: { ...auditOf(asked), what: 'portfolio test deleted', before, after: null } }
      })
      return { body: { status: 'success', test_id } }
    },
  }),
})

async function known(store: Store, test_id: string): Promise<PortfolioTest> {
  const found = await testById(store, test_id)
  if (!found) throw new Problem({ status: 404, code: 'UNKNOWN_TEST', detail: `There is no test ${test_id}.` })
  return found
}

/** Tests with their runs, which hold everything but the name. */
async function shown(store: Store, tests: readonly PortfolioTest[]) {
  const runs = await runsById(
    store,
    tests.map(({ run_id }) => run_id),
  )
  return tests.flatMap(({ test_id, run_id, created_at }) => {
    const run = runs.get(run_id)
    if (!run) return []
    const { outbox: _outbox, ...rest } = run
    return [{ test_id, created_at, constructor: rest.constructor_name, ...rest }]
  })
}

const questionOf = ({ limits, strategies, constructor_name, measure, blend }: ResearchRun, settings: OptimizationSettings) => ({
  ...settings,
  ...Object.fromEntries(Object.entries({ ...limits, strategies, measure, blend }).filter(([, value]) => value !== undefined)),
  constructor_name: constructor_name ?? settings.constructor_name,
})

async function queueRun({ store, flush, time_zone }: Surroundings, body: ResearchRun, asked: Asked): Promise<string> {
  const { optimization } = await readSettings(store)
  const run_id = randomUUID()
  const question = questionOf(body, optimization)
  const name = body.name ?? question.constructor_name
  const requested_by = whoAsks(asked)
  const message = toOutbox({ topic: 'optimization-requests', ordering_key: '', data: { run_id }, at: asked.now })
  const run: OptimizationRun = {
    ...newRun({ run_id, kind: 'research', name, requested_by, requested_at: asked.now, day: dayIn(asked.now, time_zone), question }),
    outbox: [message],
  }
  await insertTest(store, { test_id: run_id, run_id, name, created_by: requested_by, created_at: asked.now, tearsheet: null })
  await insertRun(store, run)
  await flush({ holder: portfolioOptimizationRuns, messages: [message] })
  return run_id
}
