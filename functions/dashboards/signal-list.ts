import { z } from 'zod'
import { senderReason } from '../../shared/domain/decision/in-words.ts'
import { type SignalState, senderStatus, signalStates } from '../../shared/domain/signal/states.ts'
import type { SignalList } from '../../shared/messages/dashboards.ts'
import { Problem } from '../../shared/runtime/problem.ts'
import { decisionsOf, type StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { InvalidCursor } from '../../shared/store/page.ts'
import { ordersOfSignal } from '../../shared/store/trading-orders.ts'
import { type ListedSignal, signalPage } from '../../shared/store/trading-signals.ts'

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  status: z.enum(['PENDING', 'EXECUTED', 'REJECTED']).optional(),
  cursor: z.string().max(1_000).optional(),
})
type ListQuery = z.output<typeof listQuery>

/** A page of a strategy's signals, newest first. @throws Problem 422 for a cursor that this list did not give out */
export async function readList(store: Store, strategy_id: string, { limit, status, cursor }: ListQuery): Promise<SignalList> {
  const states = signalStates.filter(state => status === undefined || senderStatus(state) === status)
  const { found, next_cursor } = await signalPage(store, { strategy_id, states, limit, cursor }).catch(refuseCursor)
  const decisions = await decisionsOf(
    store,
    found.flatMap(({ signal_id }) => signal_id ?? []),
  )
  const signals = await Promise.all(found.map(signal => shownSignal(store, signal, decisions.get(signal.signal_id ?? ''))))
  return { strategy_id, signals, next_cursor }
}

function refuseCursor(error: unknown): never {
  if (!(error instanceof InvalidCursor)) throw error
  throw new Problem({ status: 422, code: 'INVALID_CURSOR', detail: 'cursor must be the next_cursor of a page of the same list.' })
}

const shownSignal = async (
  store: Store,
  signal: ListedSignal,
  decision: StoredDecision | undefined,
): Promise<SignalList['signals'][number]> => ({
  signal_id: signal.signal_id,
  timestamp: signal.received_at.toISOString(),
  ticker: signal.legs?.[0]?.instrument.symbol ?? null,
  action: signal.legs?.[0]?.action ?? null,
  status: senderStatus(signal.status),
  state: signal.status,
  position_size_usd: decision?.position_size_usd.toNumber() ?? null,
  allocation_pct: decision?.allocation_pct.toNumber() ?? null,
  reason: (await endedBy(store, signal)) ?? (decision ? senderReason(decision, decision.calculation) : null),
})

const brokersEnds: readonly SignalState[] = ['REJECTED', 'EXPIRED', 'CANCELED']

/** Why a signal ended otherwise than by its decision; null where it did not. */
async function endedBy(store: Store, { signal_id, status, refusal, duplicate_of }: ListedSignal): Promise<string | null> {
  if (refusal) return `${refusal.code}: ${refusal.detail}`
  if (duplicate_of !== null) return `It repeats ${duplicate_of}.`
  if (signal_id === null || !brokersEnds.includes(status)) return null
  return (await ordersOfSignal(store, signal_id)).findLast(({ reason }) => reason !== null)?.reason ?? null
}
