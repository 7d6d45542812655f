import type { Document, Filter } from 'mongodb'
import { z } from 'zod'
import { identifier } from '../../../shared/messages/codecs.ts'
import { type Route, type Routes, route } from '../../../shared/runtime/route.ts'
import { cerebroDecisions } from '../../../shared/store/cerebro-decisions.ts'
import type { Store, StoredCollection } from '../../../shared/store/collection.ts'
import { readPage } from '../../../shared/store/page.ts'
import { tradingOrders } from '../../../shared/store/trading-orders.ts'
import { tradingSignals } from '../../../shared/store/trading-signals.ts'
import { paged, pageQuery } from '../paging.ts'

const filters = {
  strategy_id: identifier.optional(),
  signal_id: z.string().max(100).optional(),
  account_id: identifier.optional(),
  /** Of a signal or an order; of a decision, APPROVED, DENIED or HELD. */
  status: z.string().max(40).optional(),
  decision: z.string().max(40).optional(),
  reason_code: z.string().max(60).optional(),
}

interface List {
  name: 'signals' | 'orders' | 'decisions'
  summary: string
  from: StoredCollection<z.ZodType>
  /** Which field `status` filters. */
  status: string
  always?: Filter<Document>
  /** Not for eyes. */
  hidden: readonly string[]
}

const lists: List[] = [
  {
    name: 'signals',
    summary: 'Signals as they came in, newest first',
    from: tradingSignals,
    status: 'status',
    always: { signal_id: { $exists: true } },
    hidden: ['outbox', 'raw', 'content_hash', 'identity'],
  },
  {
    name: 'orders',
    summary: 'Orders and what was filled of them, newest first',
    from: tradingOrders,
    status: 'status',
    hidden: ['outbox'],
  },
  {
    name: 'decisions',
    summary: 'What Cerebro decided, with the whole calculation, newest first',
    from: cerebroDecisions,
    status: 'decision',
    hidden: ['outbox'],
  },
]

const listRoute = (store: Store, { name, summary, from, status: statusField, always = {}, hidden }: List): Route =>
  route({
    summary,
    access: ['admin'],
    query: z.object({ ...pageQuery, ...filters }),
    answer: z.object({ status: z.literal('success'), [name]: z.array(from.schema), count: z.number(), next_cursor: z.string().nullable() }),
    handle: async ({ query: { limit, cursor, status, ...exact } }) => {
      const given = Object.entries({ ...exact, [statusField]: status ?? exact.decision }).filter(([, value]) => value !== undefined)
      const filter = { ...always, ...Object.fromEntries(given) }
      // `_id` is in the order of writing and has an index everywhere.
      const { found, next_cursor } = await paged(readPage(store, from, { filter, by: ['_id'], direction: -1, cursor, limit }))
      const shown = found.map(each => Object.fromEntries(Object.entries(each as object).filter(([field]) => !hidden.includes(field))))
      return { body: { status: 'success', [name]: shown, count: shown.length, next_cursor } }
    },
  })

/** The console's activity: signals, decisions and orders. */
export const activityRoutes = (store: Store): Routes =>
  Object.fromEntries(lists.map(list => [`GET /api/v1/activity/${list.name}`, listRoute(store, list)])) as Routes
