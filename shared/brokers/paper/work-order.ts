import { Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { PaperFill, PaperOrder } from '../../store/paper-book.ts'
import { legOrderId } from '../client-order-id.ts'
import { decideExecutions, type FillModel } from './fill-model.ts'
import type { VenueQuote } from './market-quote.ts'
import { isAuction } from './order-terms.ts'

export interface Working {
  traded: InstrumentDocument
  quote: VenueQuote
  model: FillModel
  now: Date
  /** Whether the order has only just come, so that it meets the quote and not the quote it. */
  arrives?: boolean
}

type Side = 'STOP_LOSS' | 'TAKE_PROFIT'

/** What of an order may take from a quote now. */
interface Part {
  action: 'BUY' | 'SELL'
  quantity: Decimal
  limit: Decimal | null
  /** The closing order that it belongs to; null for the order itself. */
  side: Side | null
}

export const opposite = (action: 'BUY' | 'SELL'): 'BUY' | 'SELL' => (action === 'BUY' ? 'SELL' : 'BUY')

const sideIds = ({ client_order_id }: PaperOrder) => ({
  STOP_LOSS: legOrderId(client_order_id, 'STOP_LOSS'),
  TAKE_PROFIT: legOrderId(client_order_id, 'TAKE_PROFIT'),
})

/** Fills of the order itself, or of one of its closing orders. */
export function fillsOf(order: PaperOrder, side: Side | null): PaperFill[] {
  const ids = sideIds(order)
  return order.fills.filter(({ client_order_id }) => client_order_id === (side ? ids[side] : order.client_order_id))
}

export const quantityOf = (fills: readonly PaperFill[]): Decimal => sum(fills.map(({ quantity }) => quantity))

/** What a bracket's closing orders together are for. */
export const toClose = (order: PaperOrder): Decimal => {
  const entered = quantityOf(fillsOf(order, null))
  return order.close_quantity ? Decimal.min(order.close_quantity, entered) : entered
}

/** What of that they have not closed. */
export const leftToClose = (order: PaperOrder): Decimal => {
  const closed = quantityOf(order.fills).minus(quantityOf(fillsOf(order, null)))
  return toClose(order).minus(closed)
}

/**
 * A waiting order after a look at the market: expired, triggered, filled in part or whole; the same order where nothing follows.
 * Pure, and done again on the same quote it gives the same: nothing is taken twice from one quote.
 */
export function workOrder(order: PaperOrder, working: Working): PaperOrder {
  const { quote, now } = working
  if (order.status !== 'WORKING') return order
  if (order.ends_at && order.ends_at <= now && order.stage === 'ENTRY') return endEntry(order, 'EXPIRED', now)
  if (order.ends_at && order.ends_at <= now && order.order_type === 'OCO') return { ...order, status: 'EXPIRED', updated_at: now }
  const auction = isAuction(order.order_type)
  if (auction && !(order.active_from && order.active_from <= now)) return order
  if (quote.open === false && order.order_type !== 'MARKET_ON_CLOSE' && order.order_type !== 'LIMIT_ON_CLOSE') return order
  const seen = watched(order, quote)
  const part = partOf(seen, quote)
  const next = part ? taken(seen, part, working) : seen
  // An auction happens once: what it did not fill has ended.
  if (auction && next.status === 'WORKING') return endEntry(next, 'EXPIRED', now)
  return auction && next.after === 'WORKING' ? { ...next, after: 'EXPIRED' } : next
}

/** The entry can fill no more: a bracket goes on with what did, anything else has ended. */
export function endEntry(order: PaperOrder, status: 'CANCELED' | 'EXPIRED', now: Date): PaperOrder {
  const goesOn = order.order_type === 'BRACKET' && order.stage === 'ENTRY' && order.fills.length > 0
  return goesOn
    ? { ...order, stage: 'EXIT', entry_status: status, triggered: false, ends_at: null, updated_at: now }
    : { ...order, status, entry_status: order.order_type === 'BRACKET' ? status : null, updated_at: now }
}

const reached = (action: 'BUY' | 'SELL', stop: Decimal, { last }: VenueQuote) => (action === 'BUY' ? last.gte(stop) : last.lte(stop))

/** The stop that watches the market for an order at its stage. */
function stopOf(order: PaperOrder): Decimal | null {
  if (order.order_type === 'BRACKET' && order.stage === 'EXIT') return order.canceled_legs.includes('STOP_LOSS') ? null : order.stop_loss
  if (order.order_type !== 'TRAILING_STOP') return order.stop_price
  const { extreme, trail_amount, trail_pct, action } = order
  if (!extreme) return null
  const distance = trail_amount ?? extreme.times(trail_pct ?? ZERO).div(100)
  return action === 'SELL' ? extreme.minus(distance) : extreme.plus(distance)
}

const actionOf = (order: PaperOrder) => (order.order_type === 'BRACKET' && order.stage === 'EXIT' ? opposite(order.action) : order.action)

const bestSeen = ({ action, extreme }: PaperOrder, last: Decimal): Decimal =>
  !extreme || (action === 'SELL' ? last.gt(extreme) : last.lt(extreme)) ? last : extreme

/** The order with what the quote tells its stop. */
function watched(order: PaperOrder, quote: VenueQuote): PaperOrder {
  const extreme = order.order_type === 'TRAILING_STOP' ? bestSeen(order, quote.last) : order.extreme
  const next = extreme && !(order.extreme && extreme.eq(order.extreme)) ? { ...order, extreme } : order
  const stop = next.triggered ? null : stopOf(next)
  return stop && reached(actionOf(next), stop, quote) ? { ...next, triggered: true } : next
}

function partOf(order: PaperOrder, { as_of }: VenueQuote): Part | null {
  const { action, order_type, limit_price, triggered, quantity } = order
  // A resting order takes once from a quote; one whose stop is reached takes all at once anyway.
  if (order.taken_from && as_of <= order.taken_from && !triggered) return null
  if (order_type === 'BRACKET' && order.stage === 'EXIT') return exitPart(order)
  const rest = quantity.minus(quantityOf(fillsOf(order, null)))
  const part = (limit: Decimal | null): Part => ({ action, quantity: rest, limit, side: null })
  const stops = order_type === 'STOP' || order_type === 'STOP_LIMIT' || order_type === 'TRAILING_STOP'
  if (order_type === 'OCO') return triggered ? part(null) : part(limit_price)
  if (!triggered && (stops || (order_type === 'BRACKET' && order.stop_price))) return null
  return part(order_type === 'STOP' || order_type === 'TRAILING_STOP' ? null : limit_price)
}

function exitPart(order: PaperOrder): Part | null {
  const exit = { action: opposite(order.action), quantity: leftToClose(order) }
  if (order.triggered) return { ...exit, limit: null, side: 'STOP_LOSS' }
  if (!order.take_profit || order.canceled_legs.includes('TAKE_PROFIT')) return null
  return { ...exit, limit: order.take_profit, side: 'TAKE_PROFIT' }
}

/** The order after what a part of it takes from the quote. */
function taken(order: PaperOrder, part: Part, { traded, quote, model, now, arrives = false }: Working): PaperOrder {
  if (traded.asset_class === 'INDEX') return order
  const side = part.action === 'BUY' ? 'ask' : 'bid'
  const { tick, lot, multiplier, currency } = traded
  const executions = decideExecutions(
    {
      action: part.action,
      quantity: part.quantity,
      quoted: quote[side],
      displayed: quote[`${side}_size`] ?? null,
      tick,
      lot,
      multiplier,
      limit: part.limit,
      rests: !arrives && part.limit !== null,
      paid: fillsOf(order, part.side).length > 0,
    },
    model.terms[traded.asset_class],
    model,
  )
  const filled = sum(executions.map(({ quantity }) => quantity))
  const whole = filled.eq(part.quantity)
  if (filled.isZero() || (order.time_in_force === 'FOK' && !whole)) return order
  const ids = sideIds(order)
  const { account_id, broker_order_id, instrument_id, symbol } = order
  const fills = executions.map(
    (execution, index): PaperFill => ({
      execution_id: `${broker_order_id}-${order.fills.length + index + 1}`,
      account_id,
      broker_order_id: part.side ? `${broker_order_id}-${part.side}` : broker_order_id,
      client_order_id: part.side ? ids[part.side] : order.client_order_id,
      instrument_id,
      symbol,
      action: part.action,
      ...execution,
      commission_currency: currency,
      time: now,
    }),
  )
  const next: PaperOrder = {
    ...order,
    fills: [...order.fills, ...fills],
    status: 'ACCEPTED',
    after: 'WORKING',
    taken_from: quote.as_of,
    updated_at: now,
  }
  if (!whole) return next
  if (order.order_type !== 'BRACKET' || order.stage === 'EXIT') return { ...next, after: 'FILLED' }
  return { ...next, stage: 'EXIT', entry_status: 'FILLED', triggered: false, ends_at: null, taken_from: null }
}
