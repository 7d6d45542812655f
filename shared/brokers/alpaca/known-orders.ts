import type { WireFill, WireOrder, WireOrderWithLegs } from './wire.ts'

/** By which of our ids an order of Alpaca's goes. */
export interface Owner {
  client_order_id: string | null
  role: 'STOP_LOSS' | 'TAKE_PROFIT' | null
  /** Alpaca's id of the entry, for a closing order. */
  parent_id: string | null
}

const MOST = 20_000

/** What never changes about the orders of an account: seen once, it need not be asked for again. */
export interface KnownOrders {
  owner(order_id: string): Owner | undefined
  /** Remembers whose orders these are: the links of one order, oldest first. */
  own(links: readonly WireOrderWithLegs[], legName: (client_order_id: string, role: 'STOP_LOSS' | 'TAKE_PROFIT') => string): void
  /** An order that was replaced, as it ended. */
  ended(order_id: string): WireOrderWithLegs | undefined
  fillsOf(order_id: string): WireFill[]
  addFills(fills: readonly WireFill[]): void
}

/** Which closing order a leg of a bracket is. */
export const roleOf = ({ type, order_type }: WireOrder): 'STOP_LOSS' | 'TAKE_PROFIT' =>
  (type ?? order_type ?? '').startsWith('stop') || (type ?? order_type) === 'trailing_stop' ? 'STOP_LOSS' : 'TAKE_PROFIT'

export function knownOrders(): KnownOrders {
  const owners = new Map<string, Owner>()
  const ended = new Map<string, WireOrderWithLegs>()
  const fills = new Map<string, Map<string, WireFill>>()
  return {
    owner: order_id => owners.get(order_id),
    ended: order_id => ended.get(order_id),
    own(links, legName) {
      const client_order_id = links[0]?.client_order_id ?? null
      for (const link of links) {
        keep(owners, link.id, { client_order_id, role: null, parent_id: null })
        if (link.status === 'replaced') keep(ended, link.id, link)
        for (const leg of link.legs) {
          // Both sides of an OCO are one order to us.
          const role = link.order_class === 'oco' ? null : roleOf(leg)
          const named = client_order_id !== null && role !== null ? legName(client_order_id, role) : client_order_id
          keep(owners, leg.id, { client_order_id: named, role, parent_id: link.id })
        }
      }
    },
    fillsOf: order_id =>
      [...(fills.get(order_id)?.values() ?? [])].sort((one, other) => one.transaction_time.getTime() - other.transaction_time.getTime()),
    addFills(told) {
      for (const fill of told) {
        const known = fills.get(fill.order_id) ?? new Map<string, WireFill>()
        known.set(fill.id, fill)
        keep(fills, fill.order_id, known)
      }
    },
  }
}

/** The oldest make room. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > MOST) map.delete(map.keys().next().value ?? '')
}
