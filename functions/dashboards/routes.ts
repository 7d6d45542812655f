import type { IncomingHttpHeaders } from 'node:http'
import { z } from 'zod'
import type { Publisher } from '../../shared/cloud/publisher.ts'
import { identifier } from '../../shared/messages/codecs.ts'
import { clientSnapshot, positionList, senderSnapshot, signalList, signalTrail } from '../../shared/messages/dashboards.ts'
import { signalDecision } from '../../shared/messages/signal-decision.ts'
import { auditPerson } from '../../shared/runtime/audit.ts'
import { answerVersioned } from '../../shared/runtime/etag.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { type HttpAnswer, type Routes, route } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type SnapshotId, snapshotOf } from '../../shared/store/dashboards.ts'
import { readPositions } from './position-list.ts'
import { readDecision, strategyOfSignal } from './signal-decision.ts'
import { listQuery, readList } from './signal-list.ts'
import { readTrail } from './signal-trail.ts'

interface Sources {
  store: Store
  publisher: Publisher
}

const ofStrategy = z.object({ strategy_id: identifier })
const ofSignal = ofStrategy.extend({ signal_id: z.string().max(100) })

/** The strategy that the caller must be is part of the signal's id. */
const ofSignalAlone = z
  .object({ signal_id: z.string().max(100) })
  .transform(({ signal_id }) => ({ signal_id, strategy_id: strategyOfSignal(signal_id) }))

/** What was calculated beforehand, as it is; nothing is calculated when somebody looks. */
export const dashboardRoutes = ({ store, publisher }: Sources): Routes => ({
  'GET /api/v1/dashboards/client': route({
    summary: 'The fund as its clients and the public see it',
    access: 'public',
    answer: clientSnapshot,
    handle: ({ headers }) => latest(store, { dashboard_type: 'client', subject: store.fund_id, headers }),
  }),
  'GET /api/v1/dashboards/signal-sender/:strategy_id': route({
    summary: 'A strategy as its sender sees it',
    access: 'strategy-key',
    params: ofStrategy,
    answer: senderSnapshot,
    handle: ({ params, headers }) => latest(store, { dashboard_type: 'signal_sender', subject: params.strategy_id, headers }),
  }),
  'POST /api/v1/dashboards/regenerate': route({
    summary: 'Build every dashboard now',
    access: ['admin'],
    answer: z.object({ status: z.literal('success'), message: z.string() }),
    handle: async ({ caller, address, now }) => {
      await auditPerson(store, { caller, address, now, what: 'dashboards: regenerate', reason: 'asked for' })
      const data = Buffer.from(JSON.stringify({ scheduled_at: now }))
      await publisher.publish({ topic: 'run-build-dashboards', ordering_key: '', attributes: {}, data })
      return { body: { status: 'success', message: 'The dashboards are being built.' } }
    },
  }),
  'GET /api/v1/signal-senders/:strategy_id/signals': route({
    summary: 'The signals of a strategy, newest first',
    access: 'strategy-key',
    params: ofStrategy,
    query: listQuery,
    answer: signalList,
    handle: async ({ params, query }) => ({ body: await readList(store, params.strategy_id, query) }),
  }),
  'GET /api/v1/signal-senders/:strategy_id/signals/:signal_id': route({
    summary: 'One signal from the door to its fills',
    access: 'strategy-key',
    params: ofSignal,
    answer: signalTrail,
    handle: async ({ params }) => {
      const trail = await readTrail(store, params)
      if (!trail)
        throw new Problem({ status: 404, code: 'UNKNOWN_SIGNAL', detail: `${params.strategy_id} has no signal ${params.signal_id}.` })
      return { body: trail }
    },
  }),
  'GET /api/v1/signal-senders/:strategy_id/positions': route({
    summary: 'What a strategy holds',
    access: 'strategy-key',
    params: ofStrategy,
    answer: positionList,
    handle: async ({ params, now }) => ({ body: await readPositions(store, params.strategy_id, now) }),
  }),
  'GET /api/v1/signals/:signal_id/decision': route({
    summary: 'How a signal was decided, step by step',
    access: 'strategy-key',
    params: ofSignalAlone,
    answer: signalDecision,
    handle: async ({ params: { signal_id } }) => {
      const decision = await readDecision(store, signal_id)
      if (!decision) throw new Problem({ status: 404, code: 'UNKNOWN_SIGNAL', detail: `There is no signal ${signal_id}.` })
      return { body: decision }
    },
  }),
})

interface Wanted extends SnapshotId {
  headers: IncomingHttpHeaders
}

async function latest(store: Store, { headers, ...id }: Wanted): Promise<HttpAnswer> {
  const snapshot = await snapshotOf(store, id)
  if (!snapshot) {
    throw new Problem({ status: 404, code: 'NOT_GENERATED_YET', detail: 'This dashboard was not built yet. It is built every minute.' })
  }
  return answerVersioned(snapshot, headers)
}
