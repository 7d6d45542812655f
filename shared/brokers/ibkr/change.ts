import { sentence } from '../../domain/errors.ts'
import type { ModifyRequest, OrderId, OrderResult } from '../broker.ts'
import type { Core } from './core.ts'
import { isDone, isWorking, type LiveOrder } from './live-orders.ts'
import { changedTerms, hasChanged } from './order-terms.ts'
import { brokerIdOf, otherSide, report } from './report-order.ts'

const rejected = (reason: string): OrderResult => ({ kind: 'rejected', reason })
const unknown = (reason: string): OrderResult => ({ kind: 'unknown', reason })
const guarded = (work: Promise<OrderResult>): Promise<OrderResult> =>
  work.catch((error: unknown) => unknown(error instanceof Error ? error.message : String(error)))

/** The order that is meant, asked for where it is not known; what the broker does not know, and what another client gave, is refused. */
async function target(core: Core, id: OrderId): Promise<LiveOrder | OrderResult> {
  if (!core.connection.isReady()) return unknown(sentence('NOT_CONNECTED', { reason: core.connection.reason() }))
  if (!core.order(id)?.heard) await core.refresh()
  const order = core.order(id)
  if (!order?.heard) return rejected(sentence('ORDER_NOT_FOUND', { client_order_id: id.client_order_id }))
  // One that was given by hand has no number; a number of another client would be taken for ours.
  const ours = order.order_id > 0 && order.client_id === core.settings.client_id
  if (!ours && !isDone(order)) return rejected(sentence('NOT_OF_THIS_CLIENT', { client_order_id: id.client_order_id }))
  return order
}

/** Whoever asks for them next has the broker say how they stand. */
function inDoubt({ settings }: Core, orders: readonly LiveOrder[]): OrderResult {
  for (const order of orders) order.missing = true
  return unknown(sentence('NO_ANSWER', { ms: String(settings.order_ms) }))
}

const isResult = (value: LiveOrder | OrderResult): value is OrderResult => 'kind' in value

export const cancel = (core: Core, id: OrderId): Promise<OrderResult> => guarded(cancelNow(core, id))

async function cancelNow(core: Core, id: OrderId): Promise<OrderResult> {
  const order = await target(core, id)
  if (isResult(order)) return order
  const both = [order, otherSide(core, order)].filter(each => each !== null)
  const working = both.filter(isWorking)
  if (working.length === 0) return canceled(core, order, both)
  const sent = await core.connection.send(
    'order',
    api => {
      for (const each of working) api.cancelOrder(each.order_id)
    },
    working.length,
  )
  if (!sent) return unknown(sentence('NOT_CONNECTED', { reason: core.connection.reason() }))
  const result = await core.verdicts.wait({
    about: working,
    what: 'cancel',
    within_ms: core.settings.order_ms,
    judge: refusal => {
      if (refusal !== null) return rejected(refusal)
      return working.every(isDone) ? { kind: 'confirmed', broker_order_id: brokerIdOf(order) } : null
    },
    late: () => inDoubt(core, working),
  })
  // A cancel has no number of its own that could have been used before.
  if (result === 'number') return unknown('103: Duplicate order id')
  return result.kind === 'confirmed' ? canceled(core, order, both) : result
}

/** An order that has ended by itself meanwhile was not canceled. */
async function canceled(core: Core, order: LiveOrder, both: readonly LiveOrder[]): Promise<OrderResult> {
  const seen = await report(core, order)
  const filled = both.find(({ status }) => status === 'Filled')
  if (filled || seen.status === 'FILLED') return rejected(sentence('ORDER_FILLED', { client_order_id: seen.client_order_id }))
  return { kind: 'confirmed', broker_order_id: seen.broker_order_id, order: seen }
}

export const modify = (core: Core, request: ModifyRequest): Promise<OrderResult> => guarded(modifyNow(core, request))

async function modifyNow(core: Core, request: ModifyRequest): Promise<OrderResult> {
  const order = await target(core, request)
  if (isResult(order)) return order
  const changes = changesOf(core, order, request.changes)
  if (changes.some(({ part }) => !isWorking(part))) return rejected(sentence('NOT_WORKING', { status: order.status }))
  const sent = await core.connection.send(
    'order',
    api => {
      for (const { part, wanted } of changes) api.placeOrder(part.order_id, part.contract, changedTerms(part.terms, wanted))
    },
    changes.length,
  )
  if (!sent) return unknown(sentence('NOT_CONNECTED', { reason: core.connection.reason() }))
  const result = await core.verdicts.wait({
    about: changes.map(({ part }) => part),
    what: 'change',
    within_ms: core.settings.order_ms,
    judge: refusal => {
      if (refusal !== null) return rejected(refusal)
      if (changes.every(({ part, wanted }) => hasChanged(part.terms, wanted)))
        return { kind: 'confirmed', broker_order_id: brokerIdOf(order) }
      const ended = changes.find(({ part }) => isDone(part))
      return ended ? rejected(sentence('NOT_WORKING', { status: ended.part.status })) : null
    },
    late: () =>
      inDoubt(
        core,
        changes.map(({ part }) => part),
      ),
  })
  if (result === 'number') return unknown('103: Duplicate order id')
  return result.kind === 'confirmed' ? { ...result, order: await report(core, order) } : result
}

interface Change {
  part: LiveOrder
  wanted: ModifyRequest['changes']
}

/** Which part of an order each change is for: an OCO's stop is an order of its own. What is null stays as it is. */
function changesOf(core: Core, order: LiveOrder, asked: ModifyRequest['changes']): Change[] {
  const given = Object.fromEntries(
    Object.entries(asked).filter(([, value]) => value !== null && value !== undefined),
  ) as ModifyRequest['changes']
  const stop = otherSide(core, order)
  if (!stop) return [{ part: order, wanted: given }]
  const { stop_price, ...rest } = given
  const quantity = given.quantity ? { quantity: given.quantity } : {}
  const changes: Change[] = []
  if (Object.keys(rest).length > 0) changes.push({ part: order, wanted: rest })
  if (stop_price || given.quantity) changes.push({ part: stop, wanted: { ...quantity, ...(stop_price && { stop_price }) } })
  return changes
}
