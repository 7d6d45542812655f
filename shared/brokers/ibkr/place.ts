import type { IBApi } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { ZERO } from '../../domain/money/decimal.ts'
import type { OrderResult, PlaceRequest } from '../broker.ts'
import { contractOf } from './contracts.ts'
import type { Core } from './core.ts'
import { isDone, type LiveOrder } from './live-orders.ts'
import { type Part, partsOf, termsRefusal } from './order-terms.ts'
import { brokerIdOf, executionsOf, report, statusOf } from './report-order.ts'

const unknown = (reason: string): OrderResult => ({ kind: 'unknown', reason })
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
const notConnected = ({ connection }: Core): OrderResult => unknown(sentence('NOT_CONNECTED', { reason: connection.reason() }))

/** A status that came without its reason is given this long for it. */
const REASON_WITHIN_MS = 150

/**
 * Places an order once by its client id. What is known of it already answers; what was sent before and never answered is asked for first,
 * and then sent with the same number, under which it can only be the same order.
 */
export function openPlacing(core: Core): (request: PlaceRequest) => Promise<OrderResult> {
  const going = new Map<string, Promise<OrderResult>>()
  return request => {
    const key = `${request.account_id} ${request.client_order_id}`
    const known = going.get(key)
    if (known) return known
    const placing = placeOnce(core, request)
      .catch((error: unknown) => unknown(textOf(error)))
      .finally(() => going.delete(key))
    going.set(key, placing)
    return placing
  }
}

async function placeOnce(core: Core, request: PlaceRequest): Promise<OrderResult> {
  const { account_id, client_order_id } = request
  const wrong = termsRefusal(request, core.now())
  if (wrong) return { kind: 'rejected', reason: wrong }
  if (!core.connection.isReady()) return notConnected(core)
  const known = core.orders.byRef(account_id, client_order_id)
  if (known && !known.heard && known.refusal === null) await core.refresh()
  if (known && (known.heard || known.refusal !== null)) return answerOf(core, known)
  const first = await transmit(core, request, false)
  if (first !== 'number') return first
  // Its number was used before: it was not taken, unless it was by an earlier sending.
  await core.refresh()
  const found = core.orders.byRef(account_id, client_order_id)
  if (found?.heard) return answerOf(core, found)
  const second = await transmit(core, request, true)
  return second === 'number' ? { kind: 'rejected', reason: '103: Duplicate order id' } : second
}

/** Sends the messages of an order together, and waits for what the gateway says. */
async function transmit(core: Core, request: PlaceRequest, anew: boolean): Promise<OrderResult | 'number'> {
  const parts = partsOf(request)
  const contract = contractOf(request.instrument)
  const lives: LiveOrder[] = []
  const send = (api: IBApi) => {
    let parent = 0
    for (const part of parts) {
      const id = numberFor(core, part, anew)
      const terms = parent > 0 && !part.ocaGroup ? { ...part, parentId: parent } : part
      lives.push(core.orders.sending(contract, terms, id))
      api.placeOrder(id, contract, terms)
      if (parent === 0) parent = id
    }
  }
  if (!(await core.connection.send('order', send, parts.length))) return notConnected(core)
  const result = await core.verdicts.wait({
    about: lives,
    what: 'order',
    within_ms: core.settings.order_ms,
    judge: () => judge(core, lives),
    late: () => late(core, lives),
  })
  const [main] = lives
  if (result === 'number' || !main) return result
  if (main.contract.conId) core.contracts.remember(main.contract.conId, request.instrument)
  if (result.kind === 'rejected') await takeBack(core, lives)
  return result.kind === 'confirmed' ? { ...result, order: await report(core, main) } : result
}

function numberFor(core: Core, part: Part, anew: boolean): number {
  const before = core.orders.byRef(part.account ?? '', part.orderRef)
  return before && before.order_id > 0 && !anew ? before.order_id : core.nextOrderId()
}

const isTaken = (core: Core, order: LiveOrder): boolean =>
  order.perm_id !== 0 &&
  (['PreSubmitted', 'Submitted', 'PendingCancel', 'Filled', 'Cancelled', 'ApiCancelled'].includes(order.status) ||
    (order.status === 'Inactive' && order.why_held !== '') ||
    executionsOf(core, order).length > 0)

const isRefused = (core: Core, order: LiveOrder): boolean =>
  statusOf(order, ZERO) === 'REJECTED' &&
  executionsOf(core, order).length === 0 &&
  (order.refusal !== null || core.now().getTime() - order.updated_at.getTime() >= REASON_WITHIN_MS)

/** One part that was refused refuses the whole: a bracket is not opened without what closes it. */
function judge(core: Core, lives: readonly LiveOrder[]): OrderResult | null {
  const refused = lives.find(each => isRefused(core, each))
  const [main] = lives
  if (refused && !(main && executionsOf(core, main).length > 0))
    return { kind: 'rejected', reason: refused.refusal ?? refused.message ?? 'INACTIVE' }
  return main && (refused || lives.every(each => isTaken(core, each))) ? { kind: 'confirmed', broker_order_id: brokerIdOf(main) } : null
}

/** What was told of is there, whatever else was not. */
function late(core: Core, lives: readonly LiveOrder[]): OrderResult {
  const [main] = lives
  if (lives.some(each => each.heard && statusOf(each, ZERO) === 'REJECTED')) return { kind: 'rejected', reason: 'INACTIVE' }
  if (main?.heard && main.perm_id !== 0) return { kind: 'confirmed', broker_order_id: brokerIdOf(main) }
  return unknown(sentence('NO_ANSWER', { ms: String(core.settings.order_ms) }))
}

/** Parts that were taken before another one was refused are canceled. */
async function takeBack(core: Core, lives: readonly LiveOrder[]): Promise<void> {
  for (const order of lives) if (order.heard && !isDone(order)) await core.connection.send('order', api => api.cancelOrder(order.order_id))
}

/** What is known of an order, as the answer to placing it. */
async function answerOf(core: Core, order: LiveOrder): Promise<OrderResult> {
  const seen = await report(core, order)
  if (seen.status === 'REJECTED') return { kind: 'rejected', reason: seen.reason ?? 'REJECTED' }
  return { kind: 'confirmed', broker_order_id: seen.broker_order_id, order: seen }
}
