import { type Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { FillReport } from '../../messages/order.ts'
import type { BrokerOrder, BrokerOrderStatus } from '../broker.ts'
import { legOrderId } from '../client-order-id.ts'
import type { NamedInstrument } from './contract.ts'
import { roleOf } from './known-orders.ts'
import type { WireFill, WireOrder, WireOrderWithLegs } from './wire.ts'

const statuses: Record<string, BrokerOrderStatus> = {
  filled: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
  pending_cancel: 'CANCEL_PENDING',
  partially_filled: 'PARTIALLY_FILLED',
}

/** All that Alpaca may say of a working order, a status that it has not thought of yet included, is that it works. */
const statusOf = ({ status }: WireOrder, filled: Decimal): BrokerOrderStatus =>
  statuses[status] ?? (filled.gt(0) ? 'PARTIALLY_FILLED' : 'SUBMITTED')

const orderTypes: Record<string, string> = {
  market: 'MARKET',
  limit: 'LIMIT',
  stop: 'STOP',
  stop_limit: 'STOP_LIMIT',
  trailing_stop: 'TRAILING_STOP',
}

const classes: Record<string, string> = { bracket: 'BRACKET', oto: 'BRACKET', oco: 'OCO' }
const auctions: Record<string, string> = { opg: 'ON_OPEN', cls: 'ON_CLOSE' }

function orderTypeOf(order: WireOrder): string {
  const type = order.type ?? order.order_type ?? 'market'
  const auction = auctions[order.time_in_force ?? '']
  const plain = orderTypes[type] ?? type.toUpperCase()
  return auction ? `${plain}_${auction}` : plain
}

const timeOf = ({ time_in_force }: WireOrder): string =>
  auctions[time_in_force ?? ''] || !time_in_force ? 'DAY' : time_in_force.toUpperCase()

export interface Reporting {
  account_id: string
  currency: string
  instrument: NamedInstrument
  fillsOf(order_id: string): readonly WireFill[]
}

/** Alpaca's shares and options cost no commission, and fees are booked by the day: see account-events.ts. */
export const fillReport = ({ id, price, qty, transaction_time }: WireFill, commission_currency: string): FillReport => ({
  execution_id: id,
  price,
  quantity: qty.abs(),
  time: transaction_time,
  commission: ZERO,
  commission_currency,
})

/**
 * An order as the port tells of it. Alpaca changes an order by putting another in its place: `links` are what it was, oldest first, and what
 * it is. Its name is the first one's, its terms and state are the last one's, its fills are everybody's.
 */
export function reported(links: readonly [WireOrderWithLegs, ...WireOrderWithLegs[]], reporting: Reporting): BrokerOrder {
  const [first] = links
  const last = links.at(-1) ?? first
  const client_order_id = first.client_order_id
  const fills = links.flatMap(({ id }) => reporting.fillsOf(id))
  const own_fills = sum(reporting.fillsOf(last.id).map(({ qty }) => qty))
  const before = sum(fills.map(({ qty }) => qty)).minus(own_fills)
  // The new order may count what the former ones filled, or begin anew: their executions tell.
  const carried = last.filled_qty.gte(before.plus(own_fills))
  const filled_qty = carried ? last.filled_qty : before.plus(last.filled_qty)
  const wanted = last.qty ?? last.filled_qty
  const own = plain(last, { reporting, fills, filled_qty, quantity: carried ? wanted : wanted.plus(before) })
  const whole = { ...own, client_order_id }
  if (last.order_class === 'oco') return oneOf(whole, last, reporting)
  const legs = last.legs.filter(({ status }) => status !== 'replaced').map(leg => legOf(leg, client_order_id, reporting))
  const price = (role: 'STOP_LOSS' | 'TAKE_PROFIT', of: 'stop_price' | 'limit_price') => legs.find(leg => leg.role === role)?.[of] ?? null
  return {
    ...whole,
    order_type: classes[last.order_class ?? ''] ?? own.order_type,
    stop_loss: price('STOP_LOSS', 'stop_price'),
    take_profit: price('TAKE_PROFIT', 'limit_price'),
    legs,
  }
}

interface Parts {
  reporting: Reporting
  fills: readonly WireFill[]
  filled_qty: Decimal
  quantity: Decimal
}

function plain(order: WireOrder, { reporting, fills, filled_qty, quantity }: Parts): BrokerOrder {
  const { account_id, currency, instrument } = reporting
  const status = statusOf(order, filled_qty)
  return {
    account_id,
    broker_order_id: order.id,
    client_order_id: order.client_order_id,
    instrument_id: instrument.instrument_id,
    symbol: instrument.symbol,
    action: order.side?.startsWith('sell') ? 'SELL' : 'BUY',
    quantity,
    order_type: orderTypeOf(order),
    time_in_force: timeOf(order),
    limit_price: order.limit_price,
    stop_price: order.stop_price,
    trail_amount: order.trail_price,
    trail_pct: order.trail_percent,
    stop_loss: null,
    take_profit: null,
    expires_at: null,
    status,
    filled_qty,
    reason: status === 'REJECTED' ? 'ALPACA: status=rejected' : null,
    fills: fills.map(fill => fillReport(fill, currency)),
    role: null,
    legs: [],
    updated_at: order.updated_at ?? order.filled_at ?? order.submitted_at ?? order.created_at ?? new Date(0),
  }
}

function legOf(leg: WireOrder, parent: string | null, reporting: Reporting): BrokerOrder {
  const { filled_qty, qty, id } = leg
  const own = plain(leg, { reporting, filled_qty, quantity: qty ?? filled_qty, fills: reporting.fillsOf(id) })
  const role = roleOf(leg)
  return { ...own, client_order_id: parent === null ? leg.client_order_id : legOrderId(parent, role), role }
}

/** Both sides of an OCO as one order: whichever fills, it has filled. */
function oneOf(order: BrokerOrder, { legs }: WireOrderWithLegs, reporting: Reporting): BrokerOrder {
  const others = legs.filter(({ status }) => status !== 'replaced').map(leg => plain(leg, sideOf(leg, reporting)))
  const filled_qty = sum([order, ...others].map(side => side.filled_qty))
  const open = [order, ...others].find(({ status }) => ['SUBMITTED', 'PARTIALLY_FILLED', 'CANCEL_PENDING'].includes(status))
  const working = filled_qty.gt(0) && open?.status === 'SUBMITTED' ? 'PARTIALLY_FILLED' : open?.status
  return {
    ...order,
    order_type: 'OCO',
    stop_price: others.find(({ stop_price }) => stop_price)?.stop_price ?? null,
    filled_qty,
    fills: [order, ...others].flatMap(({ fills }) => fills),
    status: filled_qty.gte(order.quantity) ? 'FILLED' : (working ?? order.status),
  }
}

const sideOf = (leg: WireOrder, reporting: Reporting): Parts => ({
  reporting,
  filled_qty: leg.filled_qty,
  quantity: leg.qty ?? leg.filled_qty,
  fills: reporting.fillsOf(leg.id),
})
