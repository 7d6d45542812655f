import { signalAnswer } from '../../shared/messages/signal-answer.ts'
import { type HttpAnswer, type HttpContext, type Route, route } from '../../shared/runtime/route.ts'
import { appendAudit } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'

export type SignalRequest = HttpContext<unknown, unknown, unknown>

/** The door's route: its body is read by the converters, and every refusal leaves one audit line and nothing else. */
export const signalRoute = (store: Store, handle: (request: SignalRequest) => Promise<HttpAnswer>): Route =>
  route({
    summary: 'Post a trade signal',
    access: 'sender-credential',
    answer: signalAnswer,
    limit: 64 * 1024,
    handle,
    refused: ({ code, detail }, { address, now }) =>
      appendAudit(store, {
        writer: 'ingest-signal',
        at: now,
        who: 'sender',
        from: address,
        what: 'signal refused',
        before: null,
        after: null,
        reason: `${code}: ${detail}`,
      }),
  })
