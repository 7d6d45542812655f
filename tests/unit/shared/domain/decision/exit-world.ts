import { decide } from '../../../../../shared/domain/decision/decide.ts'
import type { EarlierDecision } from '../../../../../shared/domain/decision/earlier.ts'
import type { LegDecision, LegIntent, PlannedOrder, SignalIntent } from '../../../../../shared/domain/decision/intent.ts'
import type { DecisionState } from '../../../../../shared/domain/decision/state.ts'
import { Decimal, sum, ZERO } from '../../../../../shared/domain/money/decimal.ts'
import { legOf, now, signalOf, stateOf, stock } from './state-of.ts'

interface WorldOrder extends PlannedOrder {
  signal_id: string
  filled: Decimal
  ended: boolean
  canceling: boolean
}

interface Decided {
  signal: SignalIntent
  legs: LegDecision[]
  orders: PlannedOrder[]
  waiting_for: string[]
}

/** One strategy in one instrument, its orders at a broker that fills and cancels as it likes, and the decisions that made them. */
export interface World {
  position: Decimal
  claims: { order_id: string; quantity: Decimal }[]
  orders: WorldOrder[]
  decisions: Decided[]
  /** Fills of exits, with the position before each. */
  exitFills: { before: Decimal; quantity: Decimal; action: string }[]
}

export const emptyWorld = (): World => ({ position: ZERO, claims: [], orders: [], decisions: [], exitFills: [] })

const open = ({ quantity, filled }: WorldOrder) => quantity.minus(filled)

const stateIn = ({ position, claims, orders }: World, halted: boolean): DecisionState =>
  stateOf({
    kill_switch: { fund: halted ? 'HALTED' : 'ACTIVE', account: 'ACTIVE', strategy: 'ACTIVE' },
    positions: position.isZero() ? [] : [{ instrument_id: stock.instrument_id, quantity: position, closing: claims }],
    working: orders
      .filter(({ is_exit, ended }) => !is_exit && !ended)
      .map(order => {
        const { order_id, signal_id, action } = order
        return { order_id, signal_id, instrument_id: stock.instrument_id, action, quantity: open(order), price: new Decimal(100) }
      }),
  })

export function send(
  world: World,
  leg: Partial<LegIntent>,
  { after = null, halted = false }: { after?: number | null; halted?: boolean } = {},
): Decided {
  const signal_id = `S1_20260302_150000_${String(world.decisions.length + 1).padStart(3, '0')}`
  const signal = signalOf([legOf(stock, leg)], { signal_id, position_after: after === null ? null : new Decimal(after) })
  const decided: Decided = { signal, legs: decide({ signal, state: stateIn(world, halted), now }), orders: [], waiting_for: [] }
  world.decisions.push(decided)
  carryOut(world, decided, decided.legs)
  return decided
}

/** Decides again what waits or was held, as a redelivery with `redecide` does. */
export function askAgain(world: World, decided: Decided, halted = false): void {
  const earlier: EarlierDecision = {
    parts: decided.legs,
    orders: decided.orders,
    waiting_for: decided.waiting_for,
    canceled: new Map(world.orders.map(({ order_id, quantity, filled }) => [order_id, { quantity, filled }])),
  }
  const again = decide({ signal: decided.signal, state: stateIn(world, halted), now, earlier })
  if (decided.waiting_for.length === 0 && !decided.legs.some(({ decision }) => decision === 'HELD')) return
  decided.legs = decided.legs.map(before => {
    const after = again.find(({ part }) => part === before.part)
    if (!after) return before
    return before.decision === 'HELD' ? after : { ...before, position_size: before.position_size.plus(after.position_size) }
  })
  carryOut(world, decided, again)
}

function carryOut(world: World, decided: Decided, legs: readonly LegDecision[]): void {
  for (const claim of legs.flatMap(({ claims }) => claims)) world.claims.push({ order_id: claim.order_id, quantity: claim.quantity })
  const orders = legs.flatMap(leg => leg.orders)
  decided.orders.push(...orders)
  decided.waiting_for = [...new Set(legs.flatMap(({ waiting_for }) => waiting_for))]
  for (const order of orders) {
    const target = world.orders.find(({ order_id }) => order_id === order.target_order_id)
    if (target) target.canceling = true
    else world.orders.push({ ...order, signal_id: decided.signal.signal_id, filled: ZERO, ended: false, canceling: false })
  }
}

/** Fills a part of a working order, a cancel on its way or not. */
export function fill(world: World, order: WorldOrder, quantity: Decimal): void {
  const signed = order.action === 'BUY' ? quantity : quantity.neg()
  if (order.is_exit) world.exitFills.push({ before: world.position, quantity, action: order.action })
  world.position = world.position.plus(signed)
  world.claims = world.claims
    .map(claim => (claim.order_id === order.order_id ? { ...claim, quantity: claim.quantity.minus(quantity) } : claim))
    .filter(claim => claim.quantity.gt(0))
  order.filled = order.filled.plus(quantity)
  if (open(order).isZero()) end(world, order)
}

/** An order can fill no more: whoever waits for it is asked again. */
export function end(world: World, order: WorldOrder, halted = false): void {
  order.ended = true
  world.claims = world.claims.filter(({ order_id }) => order_id !== order.order_id)
  for (const decided of world.decisions) {
    if (decided.waiting_for.includes(order.order_id.replace(/_R\d+$/, ''))) askAgain(world, decided, halted)
  }
}

export const workingOrders = ({ orders }: World): WorldOrder[] => orders.filter(({ ended }) => !ended)

/** Lets everything that works come to its end: entries that are being canceled are canceled, all else fills. */
export function settleAll(world: World): void {
  for (let [order] = workingOrders(world); order; [order] = workingOrders(world)) {
    if (order.canceling) end(world, order)
    else fill(world, order, open(order))
  }
}

export const claimed = ({ claims }: World): Decimal => sum(claims.map(({ quantity }) => quantity))
