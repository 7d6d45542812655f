import { z } from 'zod'
import type { Publisher } from '../../../shared/cloud/publisher.ts'
import { approval, customAllocation, rejection } from '../../../shared/messages/portfolio.ts'
import { Problem } from '../../../shared/runtime/problem.ts'
import { type HttpAnswer, type Route, type Routes, route } from '../../../shared/runtime/route.ts'
import type { Store } from '../../../shared/store/collection.ts'
import {
  type Allocation,
  activeAllocation,
  allocationById,
  allocationsPage,
  latestRecommendation,
  portfolioAllocations,
} from '../../../shared/store/portfolio-allocations.ts'
import { runById } from '../../../shared/store/portfolio-optimization-runs.ts'
import { paged, pageQuery } from '../paging.ts'
import { whoAsks } from '../person.ts'
import { approve, type Decided, reject, setCustom } from './decide.ts'
import { showAllocation } from './shown.ts'

interface Surroundings {
  store: Store
  publisher: Publisher
}

const success = z.literal('success')
const shown = portfolioAllocations.schema.extend({
  details: z.array(z.looseObject({ strategy_id: z.string(), allocation_pct: z.number() })),
})
const allocationAnswer = z.object({ status: success, allocation: shown })
const decidedAnswer = allocationAnswer.extend({ awaits_second: z.boolean(), unmeasured: z.array(z.string()) })

/** POR-13: what is in force, what is recommended, and who decided. */
export const allocationRoutes = ({ store, publisher }: Surroundings): Routes => ({
  'GET /api/v1/allocations/current': route({
    summary: 'The allocation in force',
    access: ['admin'],
    answer: allocationAnswer,
    handle: async () => one(store, await activeAllocation(store), 'No allocation is in force.'),
  }),
  'GET /api/v1/allocations/latest-recommendation': route({
    summary: 'The newest recommendation that waits for approval, with the run that found it',
    access: ['admin'],
    answer: allocationAnswer.extend({ run: z.looseObject({}).nullable() }),
    handle: async () => {
      const found = await latestRecommendation(store)
      const { body } = await one(store, found, 'No recommendation waits for approval.')
      const run = found?.run_id ? await runById(store, found.run_id) : null
      return { body: { ...(body as object), run } }
    },
  }),
  'GET /api/v1/allocations/history': route({
    summary: 'Every allocation there was, newest first',
    access: ['admin'],
    query: z.object({ ...pageQuery, status: portfolioAllocations.schema.shape.status.optional() }),
    answer: z.object({
      status: success,
      allocations: z.array(portfolioAllocations.schema),
      count: z.number(),
      next_cursor: z.string().nullable(),
    }),
    handle: async ({ query: { limit, cursor, status } }) => {
      const { found, next_cursor } = await paged(allocationsPage(store, { status, limit, cursor }))
      return { body: { status: 'success', allocations: found, count: found.length, next_cursor } }
    },
  }),
  'GET /api/v1/allocations/:allocation_id': route({
    summary: 'One allocation',
    access: ['admin'],
    params: z.object({ allocation_id: z.string().max(200) }),
    answer: allocationAnswer,
    handle: async ({ params: { allocation_id } }) =>
      one(store, await allocationById(store, allocation_id), `There is no allocation ${allocation_id}.`),
  }),
  'POST /api/v1/allocations/approve': route({
    summary: 'Bring a waiting allocation into force, with other weights where they are given, or a research run',
    access: ['admin'],
    body: approval,
    answer: decidedAnswer,
    handle: async ({ body, ...asked }) => decided(store, await approve(store, body, asked)),
  }),
  'POST /api/v1/allocations/reject': route({
    summary: 'Say no to a waiting allocation',
    access: ['admin'],
    body: rejection,
    answer: allocationAnswer,
    handle: async ({ body, ...asked }) => one(store, await reject(store, body, asked), ''),
  }),
  'POST /api/v1/allocations/custom': customRoute(store),
  'PUT /api/v1/allocations/custom': customRoute(store),
  'POST /api/v1/allocations/optimize': route({
    summary: 'Run the nightly optimization now; it recommends nothing new where nothing has changed today',
    access: ['admin'],
    answer: z.object({ status: z.literal('accepted'), message: z.string() }),
    handle: async asked => {
      const data = Buffer.from(JSON.stringify({ scheduled_at: asked.now }))
      const attributes = { requested_by: whoAsks(asked) }
      await publisher.publish({ topic: 'run-optimize-portfolio', ordering_key: '', attributes, data })
      return { status: 202, body: { status: 'accepted', message: 'The portfolio is being optimized; see latest-recommendation.' } }
    },
  }),
})

const customRoute = (store: Store): Route =>
  route({
    summary: 'Set weights by hand, in percent of equity',
    access: ['admin'],
    body: customAllocation,
    answer: decidedAnswer,
    handle: async ({ body, ...asked }) => decided(store, await setCustom(store, body, asked)),
  })

async function one(store: Store, allocation: Allocation | null, otherwise: string): Promise<HttpAnswer> {
  if (!allocation) throw new Problem({ status: 404, code: 'NO_ALLOCATION', detail: otherwise })
  return { body: { status: 'success', allocation: await showAllocation(store, allocation) } }
}

const decided = async (store: Store, { allocation, awaits_second, unmeasured }: Decided): Promise<HttpAnswer> => ({
  status: awaits_second ? 202 : 200,
  body: { status: 'success', allocation: await showAllocation(store, allocation), awaits_second, unmeasured },
})
