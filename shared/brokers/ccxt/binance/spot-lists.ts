import { sum } from '../../../domain/money/decimal.ts'
import type { BrokerOrder, BrokerOrderStatus } from '../../broker.ts'
import { SIDES } from './spot-orders.ts'

const isSide = (client_order_id: string | null): boolean =>
  client_order_id?.endsWith(SIDES.above) === true || client_order_id?.endsWith(SIDES.below) === true

const isLeg = ({ role, client_order_id }: BrokerOrder): boolean => role !== null || isSide(client_order_id)

/** The order that a side or a closing order belongs to. */
export const ownerOf = (client_order_id: string): string => client_order_id.replace(/_(SL|TP|HI|LO)$/, '')

/** Where one side has filled, the exchange says that the other one expired. */
function settled(legs: readonly BrokerOrder[]): BrokerOrder[] {
  const done = legs.some(({ status, filled_qty }) => status === 'FILLED' || filled_qty.gt(0))
  return legs.map(leg => (leg.status === 'EXPIRED' && done ? { ...leg, status: 'CANCELED' as const } : leg))
}

/** A bracket's entry with its closing orders. Those of an entry that never filled end with it. */
export function bracket(entry: BrokerOrder, legs: readonly BrokerOrder[]): BrokerOrder {
  const [loss, profit] = [legs.find(({ role }) => role === 'STOP_LOSS'), legs.find(({ role }) => role === 'TAKE_PROFIT')]
  return {
    ...entry,
    order_type: 'BRACKET',
    stop_loss: loss?.stop_price ?? null,
    take_profit: profit?.limit_price ?? null,
    legs: entry.filled_qty.gt(0) ? settled(legs) : [],
  }
}

const ended: readonly BrokerOrderStatus[] = ['CANCELED', 'REJECTED', 'EXPIRED', 'FILLED']

/** Both sides of an OCO as the one order that was asked for. */
export function oneOrder(client_order_id: string, sides: readonly BrokerOrder[]): BrokerOrder | null {
  const [first] = sides
  if (!first) return null
  const limit = sides.find(({ limit_price }) => limit_price !== null)
  const stop = sides.find(({ stop_price }) => stop_price !== null)
  const fills = sides.flatMap(side => side.fills)
  return {
    ...first,
    client_order_id,
    broker_order_id: sides.map(({ broker_order_id }) => broker_order_id).join('+'),
    order_type: 'OCO',
    limit_price: limit?.limit_price ?? null,
    stop_price: stop?.stop_price ?? null,
    status: statusOfBoth(sides),
    filled_qty: sum(sides.map(({ filled_qty }) => filled_qty)),
    fills: fills.toSorted((a, b) => a.time.getTime() - b.time.getTime()),
    role: null,
    updated_at: new Date(Math.max(...sides.map(({ updated_at }) => updated_at.getTime()))),
  }
}

function statusOfBoth(sides: readonly BrokerOrder[]): BrokerOrderStatus {
  if (sides.some(({ status }) => status === 'FILLED')) return 'FILLED'
  const working = sides.filter(({ status }) => !ended.includes(status))
  if (working.length > 0) return sides.some(({ filled_qty }) => filled_qty.gt(0)) ? 'PARTIALLY_FILLED' : 'SUBMITTED'
  return sides.find(({ status }) => status !== 'EXPIRED')?.status ?? 'EXPIRED'
}

/** Listed orders, each list as one: legs under their entry where that is listed too, sides of an OCO together. */
export function grouped(orders: readonly BrokerOrder[]): { whole: BrokerOrder[]; orphans: BrokerOrder[] } {
  const single = orders.filter(order => !isLeg(order))
  // Somebody else may use one id in several markets.
  const owners = new Map(single.toReversed().map(order => [order.client_order_id, order]))
  const legs = Map.groupBy(orders.filter(isLeg), ({ client_order_id }) => ownerOf(client_order_id ?? ''))
  const whole = single.map(order => {
    const own = owners.get(order.client_order_id) === order ? legs.get(order.client_order_id ?? '') : undefined
    return own ? bracket(order, own) : order
  })
  const orphans: BrokerOrder[] = []
  for (const [owner, own] of legs) {
    if (owners.has(owner)) continue
    const both = own.every(({ client_order_id }) => isSide(client_order_id)) ? oneOrder(owner, own) : null
    if (both) whole.push(both)
    else orphans.push(...own)
  }
  return { whole, orphans }
}
