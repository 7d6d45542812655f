import { errorText } from '../../shared/runtime/log.ts'
import { Problem, type ProblemInput, problemBody } from '../../shared/runtime/problem.ts'
import { appendAudit } from '../../shared/store/audit-log.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Delivery, type DoorParts, receiveSignal } from './handler.ts'
import { unavailable } from './refuse.ts'

export interface DoorAnswer {
  status: number
  headers: Record<string, string>
  /** What was understood, or a problem (RFC 9457). */
  body: unknown
}

/**
 * Every refusal leaves one audit line and nothing else; of a flood of guesses, which is counted, only what came before it. What cannot be
 * answered now is not refused.
 */
export async function auditRefusal(
  store: Store,
  { code, detail }: ProblemInput,
  { address, now }: { address: string; now: Date },
): Promise<void> {
  if (code === 'TOO_MANY_FAILURES' || code === 'UNAVAILABLE') return
  await appendAudit(store, {
    writer: 'ingest-signal',
    at: now,
    who: 'sender',
    from: address,
    what: 'signal refused',
    before: null,
    after: null,
    reason: `${code}: ${detail}`,
  })
}

/** The door for whoever is no HTTP function: raw body, headers and address in; status, headers and body out. It never throws. */
export const openDoor = (parts: DoorParts): ((delivery: Delivery) => Promise<DoorAnswer>) => {
  const receive = receiveSignal(parts)
  return async delivery => {
    try {
      const { status = 200, headers = {}, body, outcome } = await receive(delivery)
      delivery.log.info(outcome?.message ?? 'signal answered', { ...outcome?.fields, status })
      return { status, headers, body }
    } catch (error) {
      return refusalOf(error, parts.store, delivery)
    }
  }
}

async function refusalOf(error: unknown, store: Store, { log, address, now }: Delivery): Promise<DoorAnswer> {
  const problem = error instanceof Problem ? error.input : unavailable().input
  if (error instanceof Problem)
    await auditRefusal(store, problem, { address, now }).catch(fault => log.error('no audit line', { error: errorText(fault) }))
  else log.error('signal not taken', { error: errorText(error) })
  log.info('signal refused', { code: problem.code, status: problem.status })
  return { status: problem.status, headers: { 'content-type': 'application/problem+json', ...problem.headers }, body: problemBody(problem) }
}
