import { type Market, type SimOrder, text } from './state.ts'

const STOPS = ['STP', 'STP LMT', 'TRAIL', 'TRAIL LIMIT']
const AUCTIONS = ['MOC', 'LOC']

export const isForAuction = ({ order_type, tif }: SimOrder): boolean => AUCTIONS.includes(order_type) || tif === 'OPG'

/** What an order says of itself while it waits for something at the gateway. */
export const restsAt = (order: SimOrder): 'PreSubmitted' | 'Submitted' =>
  isForAuction(order) || (STOPS.includes(order.order_type) && !order.triggered) ? 'PreSubmitted' : 'Submitted'

/** Follows the market with a trailing stop: its stop moves with the best price and never back. */
function trail(order: SimOrder, price: number): number {
  const percent = Number(order.trail_percent)
  const distance = percent > 0 ? (price * percent) / 100 : Number(order.aux)
  const wanted = order.action === 'SELL' ? price - distance : price + distance
  const known = Number(order.trail_stop)
  const stop = order.trail_stop === '' ? wanted : order.action === 'SELL' ? Math.max(known, wanted) : Math.min(known, wanted)
  order.trail_stop = text(stop)
  return stop
}

function reached(order: SimOrder, price: number): boolean {
  const stop = order.order_type.startsWith('TRAIL') ? trail(order, price) : Number(order.aux)
  return order.action === 'BUY' ? price >= stop : price <= stop
}

/** The price at which an order fills in a market now; null where it does not. */
export function fillPrice(order: SimOrder, { bid, ask }: Market): string | null {
  const price = order.action === 'BUY' ? ask : bid
  if (STOPS.includes(order.order_type)) {
    order.triggered ||= reached(order, Number(price))
    if (!order.triggered) return null
  }
  const limited = order.order_type.includes('LMT') || order.order_type === 'LOC'
  if (!limited) return price
  const inside = order.action === 'BUY' ? Number(price) <= Number(order.limit) : Number(price) >= Number(order.limit)
  return inside ? price : null
}
