import { sentence } from '../../domain/errors.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import type { FillReport } from '../../messages/order.ts'
import type { BrokerOrder, BrokerOrderStatus, ModifyRequest, PlaceRequest } from '../broker.ts'
import { noTerms } from '../order-terms.ts'
import { capabilities } from './capabilities.ts'
import type { Settings } from './connection.ts'
import type { Contract, Known } from './contracts.ts'
import type { KiteOrder } from './wire.ts'

const kiteTypes: Partial<Record<PlaceRequest['order_type'], string>> = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP: 'SL-M',
  STOP_LIMIT: 'SL',
}
const ourTypes: Record<string, string> = Object.fromEntries(Object.entries(kiteTypes).map(([ours, kites]) => [kites, ours]))

/** Runs to a price of the market's: Kite takes it only with a protection. */
const isAtMarket = (type: string) => type === 'MARKET' || type === 'SL-M'

const missingPrice: Partial<Record<PlaceRequest['order_type'], (request: PlaceRequest) => boolean>> = {
  LIMIT: ({ limit_price }) => !limit_price?.gt(0),
  STOP: ({ stop_price }) => !stop_price?.gt(0),
  STOP_LIMIT: ({ limit_price, stop_price }) => !limit_price?.gt(0) || !stop_price?.gt(0),
}

/** Why we do not send an order to Kite at all, or null. */
export function termsRefusal(request: PlaceRequest, { units }: Contract): string | null {
  const { order_type, time_in_force, quantity, instrument, limit_price, stop_price } = request
  const { order_types, times_in_force, asset_classes } = capabilities
  if (!order_types.includes(order_type)) return sentence('UNSUPPORTED_ORDER_TYPE', { order_type })
  if (!times_in_force.includes(time_in_force)) return sentence('UNSUPPORTED_ORDER_TYPE', { time_in_force })
  if (time_in_force === 'IOC' && stop_price !== null) return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, time_in_force })
  if (!asset_classes.includes(instrument.asset_class)) return sentence('NOT_TRADABLE', { asset_class: instrument.asset_class })
  if (missingPrice[order_type]?.(request)) return sentence('INVALID_PRICE', { order_type })
  const whole = quantity.times(units)
  if (!whole.gt(0) || !whole.isInteger() || !quantity.mod(instrument.lot).isZero())
    return sentence('INVALID_QUANTITY', { quantity: quantity.toFixed(), lot: instrument.lot.toFixed() })
  const off = [limit_price, stop_price].find(price => price && instrument.tick.gt(0) && !price.mod(instrument.tick).isZero())
  return off ? sentence('WRONG_TICK', { price: off.toFixed(), tick: instrument.tick.toFixed() }) : null
}

const pricesOf = (type: string, limit_price: Decimal | null, stop_price: Decimal | null) => ({
  ...((type === 'LIMIT' || type === 'SL') && limit_price && { price: limit_price.toFixed() }),
  ...((type === 'SL' || type === 'SL-M') && stop_price && { trigger_price: stop_price.toFixed() }),
})

/** The order as Kite's form wants it, every number as its exact text. */
export function placeTerms(
  request: PlaceRequest,
  { exchange, tradingsymbol, units }: Contract,
  settings: Settings,
): Record<string, string> {
  const { instrument, action, quantity, time_in_force, client_order_id, limit_price, stop_price } = request
  const order_type = kiteTypes[request.order_type] ?? request.order_type
  return {
    exchange,
    tradingsymbol,
    transaction_type: action,
    quantity: quantity.times(units).toFixed(),
    product: settings.products[instrument.asset_class as keyof Settings['products']],
    order_type,
    validity: time_in_force,
    ...pricesOf(order_type, limit_price, stop_price),
    ...(isAtMarket(order_type) && { market_protection: String(settings.market_protection) }),
    tag: client_order_id,
  }
}

/** What of a working order changes, with what Kite wants repeated. */
export function modifyTerms({ changes }: ModifyRequest, order: KiteOrder, { units }: Contract, settings: Settings): Record<string, string> {
  const { quantity, limit_price, stop_price } = changes
  const { order_type, validity } = order
  return {
    order_type,
    validity,
    quantity: (quantity ? quantity.times(units) : order.quantity).toFixed(),
    ...pricesOf(order_type, limit_price ?? positive(order.price), stop_price ?? positive(order.trigger_price)),
    ...(isAtMarket(order_type) && { market_protection: String(settings.market_protection) }),
  }
}

const positive = (price: Decimal): Decimal | null => (price.gt(0) ? price : null)

const ended: Record<string, BrokerOrderStatus> = {
  COMPLETE: 'FILLED',
  CANCELLED: 'CANCELED',
  'CANCELLED AMO': 'CANCELED',
  REJECTED: 'REJECTED',
  LAPSED: 'EXPIRED',
  EXPIRED: 'EXPIRED',
  'CANCEL PENDING': 'CANCEL_PENDING',
}

export const isEnded = ({ status }: KiteOrder): boolean => {
  const known = ended[status.toUpperCase()]
  return known !== undefined && known !== 'CANCEL_PENDING'
}

/** Between Kite and the exchange an order has many names; all of them wait. */
const statusOf = ({ status, filled_quantity }: KiteOrder): BrokerOrderStatus =>
  ended[status.toUpperCase()] ?? (filled_quantity.gt(0) ? 'PARTIALLY_FILLED' : 'SUBMITTED')

/** The id that we gave an order; what others write there is none of ours, and none of anybody's where it has blanks. */
export const clientIdOf = ({ tag, tags }: KiteOrder): string | null => {
  const own = tag ?? tags[0] ?? null
  return own !== null && /^[A-Za-z0-9]{1,20}$/.test(own) ? own : null
}

interface Seen {
  account_id: string
  known: Known
  fills: FillReport[]
}

export function brokerOrderOf(order: KiteOrder, { account_id, known, fills }: Seen): BrokerOrder {
  const { order_type, validity, order_timestamp, validity_ttl } = order
  const expires = validity === 'TTL' && order_timestamp && validity_ttl.gt(0)
  return {
    account_id,
    broker_order_id: order.order_id,
    client_order_id: clientIdOf(order),
    instrument_id: known.instrument_id,
    symbol: known.symbol,
    action: order.transaction_type,
    quantity: order.quantity.div(known.units),
    order_type: ourTypes[order_type] ?? order_type,
    time_in_force: validity === 'TTL' ? 'GTD' : validity,
    status: statusOf(order),
    filled_qty: order.filled_quantity.div(known.units),
    reason: order.status_message,
    fills,
    role: null,
    legs: [],
    updated_at: order.exchange_update_timestamp ?? order.order_timestamp ?? new Date(0),
    ...noTerms,
    limit_price: order_type === 'LIMIT' || order_type === 'SL' ? positive(order.price) : null,
    stop_price: order_type === 'SL' || order_type === 'SL-M' ? positive(order.trigger_price) : null,
    expires_at: expires ? new Date(order_timestamp.getTime() + validity_ttl.toNumber() * 60_000) : null,
  }
}
