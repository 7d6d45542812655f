import type { Decimal } from '../../domain/money/decimal.ts'
import type { ModifyRequest, OrderId, OrderResult, PlaceRequest } from '../broker.ts'
import { inWords, meaningOf } from './errors.ts'
import { type Attempt, readable } from './line.ts'
import { changeRequest, denialOf, orderRequest } from './order-request.ts'
import { type Desk, type Found, findOrder, getOrder, linksOf, tell } from './read-orders.ts'
import { order, type WireOrder } from './wire.ts'

const LONGEST_ID = 128

export async function placeOrder(desk: Desk, request: PlaceRequest): Promise<OrderResult> {
  const denied = denialOf(request)
  if (denied !== null) return { kind: 'rejected', reason: denied }
  const outcome = await desk.line.attempt(api => api.trading.orders.postOrderRaw({ postOrderRequest: orderRequest(request) }))
  return resultOf(desk, outcome, () => alreadyThere(desk, request))
}

/** The order that took the client id before; where it cannot be seen, nobody knows. */
async function alreadyThere(desk: Desk, id: OrderId): Promise<OrderResult> {
  const seen = await getOrder(desk, id).catch(() => null)
  return seen
    ? { kind: 'confirmed', broker_order_id: seen.broker_order_id, order: seen }
    : { kind: 'unknown', reason: 'the client id is taken, and its order is not told' }
}

async function resultOf(desk: Desk, outcome: Attempt, whenTaken: () => Promise<OrderResult>): Promise<OrderResult> {
  if (outcome.kind === 'lost') return { kind: 'unknown', reason: outcome.reason }
  if (outcome.kind === 'refused') {
    const { refusal } = outcome
    const meaning = refusal.status === 0 ? 'rejected' : meaningOf(refusal)
    return meaning === 'taken' ? whenTaken() : { kind: meaning, reason: inWords(refusal) }
  }
  return confirmed(desk, outcome.text)
}

async function confirmed(desk: Desk, text: string): Promise<OrderResult> {
  try {
    const answered = readable('order', order, text)
    const broker_order_id = answered.id
    // It was taken, whatever else cannot be read now.
    const told = await linksOf(desk, answered)
      .then(links => tell(desk, links))
      .catch(() => null)
    return { kind: 'confirmed', broker_order_id, ...(told && { order: told }) }
  } catch (error) {
    return { kind: 'unknown', reason: (error as Error).message }
  }
}

export async function cancelOrder(desk: Desk, id: OrderId): Promise<OrderResult> {
  const replaced = id.broker_order_id && desk.known.ended(id.broker_order_id)
  const first = id.broker_order_id && !replaced ? await cancelOne(desk, id.broker_order_id) : null
  if (first && first.kind !== 'rejected') return first
  const found = await lookUp(desk, id)
  if ('kind' in found) return first ?? found
  const target = targetOf(found)
  if (!target || (first && target.id === id.broker_order_id)) return first ?? notFound
  return cancelOne(desk, target.id)
}

async function cancelOne(desk: Desk, orderId: string): Promise<OrderResult> {
  const outcome = await desk.line.attempt(api => api.trading.orders.deleteOrderByOrderIDRaw({ orderId }))
  if (outcome.kind === 'answered') return { kind: 'confirmed', broker_order_id: orderId }
  return resultOf(desk, outcome, async () => notFound)
}

const notFound: OrderResult = { kind: 'rejected', reason: 'NOT_FOUND' }

/** The order that is meant, or why nothing was sent: a question without an answer leaves it unknown. */
async function lookUp(desk: Desk, id: OrderId): Promise<Found | OrderResult> {
  try {
    return (await findOrder(desk, id)) ?? notFound
  } catch (error) {
    return { kind: 'unknown', reason: (error as Error).message }
  }
}

const lastOf = ({ links }: Found) => links.at(-1) ?? links[0]

/** The one order of Alpaca's that stands for ours now. */
function targetOf(found: Found): WireOrder | undefined {
  const last = lastOf(found)
  if (found.role === null) return last
  const stop = found.role === 'STOP_LOSS'
  return last.legs.find(({ status, type }) => status !== 'replaced' && (type?.startsWith('stop') ?? false) === stop)
}

export async function modifyOrder(desk: Desk, request: ModifyRequest): Promise<OrderResult> {
  const found = await lookUp(desk, request)
  if ('kind' in found) return found
  let result: OrderResult = notFound
  for (const { target, changes } of stepsOf(found, request)) {
    result = await change(desk, { ...request, changes }, { target, found })
    if (result.kind !== 'confirmed') return result
  }
  return result
}

interface Step {
  target: WireOrder
  changes: ModifyRequest['changes']
}

/** The stop of an OCO is an order of its own at Alpaca. */
function stepsOf(found: Found, { changes }: ModifyRequest): Step[] {
  const target = targetOf(found)
  if (!target) return []
  const stop = lastOf(found).legs.find(({ status }) => status !== 'replaced')
  if (lastOf(found).order_class !== 'oco' || !stop || !changes.stop_price) return [{ target, changes }]
  const { stop_price, ...rest } = changes
  const own = Object.values(rest).some(Boolean) ? [{ target, changes: rest }] : []
  return [...own, { target: stop, changes: { stop_price } }]
}

async function change(desk: Desk, request: ModifyRequest, { target, found }: { target: WireOrder; found: Found }): Promise<OrderResult> {
  // A change that was made, but whose answer was lost, is not made twice.
  if (has(target, request)) return { kind: 'confirmed', broker_order_id: target.id }
  const name = `${found.links[0].client_order_id}~${found.links.length}`
  const own = target.id === lastOf(found).id && name.length <= LONGEST_ID ? name : null
  const outcome = await desk.line.attempt(api =>
    api.trading.orders.patchOrderByOrderIdRaw({ orderId: target.id, patchOrderRequest: changeRequest(request, own) }),
  )
  return resultOf(desk, outcome, async () => ({ kind: 'unknown', reason: 'an earlier change is on its way' }))
}

function has(target: WireOrder, { changes }: ModifyRequest): boolean {
  const { quantity, limit_price, stop_price, trail_amount, trail_pct } = changes
  const same = (wanted: Decimal | null | undefined, is: Decimal | null) => !wanted || (is?.eq(wanted) ?? false)
  return (
    same(quantity, target.qty) &&
    same(limit_price, target.limit_price) &&
    same(stop_price, target.stop_price) &&
    same(trail_amount, target.trail_price) &&
    same(trail_pct, target.trail_percent)
  )
}
