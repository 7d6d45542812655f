import type { PaperFill, PaperOrder } from '../../store/paper-book.ts'
import type { BrokerOrder, BrokerOrderStatus } from '../broker.ts'
import { legOrderId } from '../client-order-id.ts'
import { noTerms } from '../order-terms.ts'
import { fillsOf, leftToClose, opposite, quantityOf, toClose } from './work-order.ts'

/** An order of the book as the port tells of it. A bracket is told as its entry, with its closing orders as `legs`. */
export function reported(order: PaperOrder): BrokerOrder {
  const fills = order.order_type === 'OCO' ? order.fills : fillsOf(order, null)
  const filled_qty = quantityOf(fills)
  return {
    account_id: order.account_id,
    broker_order_id: order.broker_order_id,
    client_order_id: order.client_order_id,
    instrument_id: order.instrument_id,
    symbol: order.symbol,
    action: order.action,
    quantity: order.quantity,
    order_type: order.order_type,
    time_in_force: order.time_in_force,
    limit_price: order.limit_price,
    stop_price: order.stop_price,
    trail_amount: order.trail_amount,
    trail_pct: order.trail_pct,
    stop_loss: order.stop_loss,
    take_profit: order.take_profit,
    expires_at: order.expires_at,
    status: order.entry_status ?? workingStatus(order, filled_qty.gt(0)),
    filled_qty,
    reason: order.reason,
    fills: fills.map(told),
    role: null,
    legs: order.stage === 'EXIT' ? sidesOf(order).map(side => leg(order, side)) : [],
    updated_at: order.updated_at,
  }
}

const workingStatus = ({ status, after }: PaperOrder, filled: boolean): BrokerOrderStatus => {
  const known = status === 'ACCEPTED' ? after : status
  return known === 'WORKING' ? (filled ? 'PARTIALLY_FILLED' : 'SUBMITTED') : known
}

/** The order as the one of a client id asked for: a closing order of a bracket is told by itself. */
export function reportedAs(order: PaperOrder | null, client_order_id: string): BrokerOrder | null {
  if (!order) return null
  const whole = reported(order)
  return client_order_id === order.client_order_id ? whole : (whole.legs.find(each => each.client_order_id === client_order_id) ?? null)
}

const sidesOf = ({ client_order_id, leg_ids }: PaperOrder) =>
  (['STOP_LOSS', 'TAKE_PROFIT'] as const).filter(side => leg_ids.includes(legOrderId(client_order_id, side)))

function leg(order: PaperOrder, role: 'STOP_LOSS' | 'TAKE_PROFIT'): BrokerOrder {
  const fills = fillsOf(order, role)
  const filled_qty = quantityOf(fills)
  const left = leftToClose(order)
  const stop = role === 'STOP_LOSS'
  return {
    ...noTerms,
    account_id: order.account_id,
    broker_order_id: `${order.broker_order_id}-${role}`,
    client_order_id: legOrderId(order.client_order_id, role),
    instrument_id: order.instrument_id,
    symbol: order.symbol,
    action: opposite(order.action),
    quantity: toClose(order).minus(quantityOf(fillsOf(order, stop ? 'TAKE_PROFIT' : 'STOP_LOSS'))),
    order_type: stop ? 'STOP' : 'LIMIT',
    time_in_force: 'GTC',
    limit_price: stop ? null : order.take_profit,
    stop_price: stop ? order.stop_loss : null,
    status: legStatus(order, { role, filled: filled_qty.gt(0), left: left.gt(0) }),
    filled_qty,
    reason: order.canceled_legs.includes(role) ? 'canceled on request' : null,
    fills: fills.map(told),
    role,
    legs: [],
    updated_at: order.updated_at,
  }
}

interface LegView {
  role: 'STOP_LOSS' | 'TAKE_PROFIT'
  filled: boolean
  /** Whether there is something left to close. */
  left: boolean
}

/** One side ends the other: whichever filled last has FILLED. */
function legStatus(order: PaperOrder, { role, filled, left }: LegView): BrokerOrderStatus {
  if (!left) return order.fills.at(-1)?.client_order_id === legOrderId(order.client_order_id, role) ? 'FILLED' : 'CANCELED'
  if (order.canceled_legs.includes(role) || order.status === 'CANCELED') return 'CANCELED'
  return filled ? 'PARTIALLY_FILLED' : 'SUBMITTED'
}

const told = ({ execution_id, price, quantity, time, commission, commission_currency }: PaperFill) => ({
  execution_id,
  price,
  quantity,
  time,
  commission,
  commission_currency,
})
