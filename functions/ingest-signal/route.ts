import { z } from 'zod'
import { signalAnswer } from '../../shared/messages/signal-answer.ts'
import { type HttpAnswer, type Route, type Routes, route } from '../../shared/runtime/route.ts'
import type { Store } from '../../shared/store/collection.ts'
import { auditRefusal } from './door.ts'
import type { Delivery } from './handler.ts'

const LIMIT = 64 * 1024

/** The door's routes: the body is read by the converters. */
export function signalRoutes(store: Store, receive: (delivery: Delivery) => Promise<HttpAnswer>): Routes {
  const refused: Route['refused'] = (problem, context) => auditRefusal(store, problem, context)
  const shared = { access: 'sender-credential', answer: signalAnswer, limit: LIMIT, refused } as const
  const post = route({ ...shared, summary: 'Post a trade signal', handle: receive })
  const byToken = route({
    ...shared,
    summary: 'Post a trade signal to a strategy’s secret address',
    params: z.object({ token: z.string().min(1).max(200) }),
    handle: ({ params, ...delivery }) => receive({ ...delivery, path_token: params.token }),
  })
  return { 'POST /api/v1/signals': post, 'POST /api/signals': post, 'POST /api/v1/signals/:token': byToken }
}
