import { sentence } from '../../domain/errors.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import { nextSession, sessionAt } from '../../domain/time/market-hours.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { OrderType } from '../../messages/order.ts'
import { orderType, timeInForce } from '../../messages/signal.ts'
import type { PaperOrder } from '../../store/paper-book.ts'
import type { Capabilities, PlaceRequest } from '../broker.ts'
import { legOrderId } from '../client-order-id.ts'

/** It takes whatever a signal may ask for. */
export const capabilities: Capabilities = {
  order_types: orderType.options,
  times_in_force: timeInForce.options,
  emulable: [],
  asset_classes: ['EQUITY', 'OPTION', 'FUTURE', 'FOREX', 'CRYPTO'],
  client_order_id_length: 128,
  client_order_id_symbols: true,
  modifies: true,
  executions: true,
}

/** Auctions of a session, and which end of it they are at. */
const auctions: Partial<Record<OrderType, 'opens_at' | 'closes_at'>> = {
  MARKET_ON_OPEN: 'opens_at',
  LIMIT_ON_OPEN: 'opens_at',
  MARKET_ON_CLOSE: 'closes_at',
  LIMIT_ON_CLOSE: 'closes_at',
}
export const isAuction = (order_type: OrderType): boolean => auctions[order_type] !== undefined

/** Orders that take what they can on arrival and never rest. */
export const isImmediate = ({ time_in_force }: Pick<PlaceRequest, 'time_in_force'>): boolean =>
  time_in_force === 'IOC' || time_in_force === 'FOK'

type Missing = (request: PlaceRequest) => boolean
const noLimit: Missing = ({ limit_price }) => !limit_price?.gt(0)
const noStop: Missing = ({ stop_price }) => !stop_price?.gt(0)

/** What an order of a type cannot do without. */
const lacking: Partial<Record<OrderType, Missing>> = {
  LIMIT: noLimit,
  LIMIT_ON_OPEN: noLimit,
  LIMIT_ON_CLOSE: noLimit,
  STOP: noStop,
  STOP_LIMIT: request => noLimit(request) || noStop(request),
  OCO: request => noLimit(request) || noStop(request),
  TRAILING_STOP: ({ trail_amount, trail_pct }) => !trail_amount?.gt(0) === !trail_pct?.gt(0),
  BRACKET: ({ stop_loss, take_profit }) => !stop_loss?.gt(0) && !take_profit?.gt(0),
}

/** Why an order's terms make none, or null. */
export function termsRefusal(request: PlaceRequest, now: Date): string | null {
  const { order_type, time_in_force, expires_at, instrument } = request
  const unsupported = (figures: Record<string, string>) => sentence('UNSUPPORTED_ORDER_TYPE', figures)
  if (!capabilities.order_types.includes(order_type)) return unsupported({ order_type })
  if (!capabilities.times_in_force.includes(time_in_force)) return unsupported({ time_in_force })
  if (isImmediate(request) && order_type !== 'MARKET' && order_type !== 'LIMIT') return unsupported({ order_type, time_in_force })
  if (isAuction(order_type) && !sessionAt(instrument.calendar, now)) return unsupported({ order_type, calendar: instrument.calendar })
  if (lacking[order_type]?.(request)) return sentence('INVALID_PRICE', { order_type })
  if (time_in_force === 'GTD' && !(expires_at && expires_at > now)) return sentence('INVALID_EXPIRY', { time_in_force })
  return null
}

/** The order document of a request before anything was judged of it. */
export function draftOrder(request: PlaceRequest, now: Date): PaperOrder {
  const { account_id, client_order_id, instrument, order_type, stop_loss, take_profit, limit_price, stop_price, time_in_force } = request
  const { action, quantity, trail_amount, trail_pct, expires_at } = request
  const sides = [stop_loss && ('STOP_LOSS' as const), take_profit && ('TAKE_PROFIT' as const)].filter(side => side !== null)
  return {
    account_id,
    client_order_id,
    broker_order_id: `paper-${account_id}-${client_order_id}`,
    instrument_id: instrument.instrument_id,
    symbol: instrument.symbol,
    action,
    quantity,
    order_type,
    time_in_force,
    limit_price,
    stop_price,
    trail_amount,
    trail_pct,
    stop_loss,
    take_profit,
    expires_at,
    status: 'WORKING',
    after: 'FILLED',
    booked: 0,
    stage: order_type === 'OCO' ? 'EXIT' : 'ENTRY',
    entry_status: null,
    canceled_legs: [],
    triggered: false,
    extreme: null,
    active_from: activeFrom(order_type, instrument, now),
    ends_at: endOf(request, now),
    taken_from: null,
    leg_ids: order_type === 'BRACKET' ? sides.map(side => legOrderId(client_order_id, side)) : [],
    version: 1,
    updated_at: now,
    reason: null,
    settlement: null,
    fills: [],
    accepted_at: now,
  }
}

function activeFrom(order_type: OrderType, { calendar }: InstrumentDocument, now: Date): Date | null {
  const end = auctions[order_type]
  if (!end) return null
  const session = end === 'opens_at' ? nextSession(calendar, now) : sessionAt(calendar, now)
  return session?.[end] ?? null
}

/** A DAY order ends with the session that it is in or waits for; a market that never closes ends none. */
function endOf({ time_in_force, order_type, instrument, expires_at }: PlaceRequest, now: Date): Date | null {
  if (time_in_force === 'GTD') return expires_at
  if (time_in_force !== 'DAY' || isAuction(order_type)) return null
  return sessionAt(instrument.calendar, now)?.closes_at ?? null
}

/** The price that an order is judged at before it has filled. */
export const referencePrice = ({ limit_price, stop_price }: Pick<PaperOrder, 'limit_price' | 'stop_price'>, quoted: Decimal): Decimal =>
  limit_price ?? stop_price ?? quoted
