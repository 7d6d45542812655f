import { sentence } from '../../../domain/errors.ts'
import type { OrderType } from '../../../messages/order.ts'
import type { Capabilities, PlaceRequest } from '../../broker.ts'

export type Params = Record<string, string | number | boolean>

/** A market that never closes has no end of day: DAY is GTC there. */
export const timeInForceOf = ({ time_in_force }: PlaceRequest): string => (time_in_force === 'DAY' ? 'GTC' : time_in_force)

const needs: Partial<Record<OrderType, (request: PlaceRequest) => boolean>> = {
  LIMIT: ({ limit_price }) => !!limit_price?.gt(0),
  STOP: ({ stop_price }) => !!stop_price?.gt(0),
  STOP_LIMIT: ({ stop_price, limit_price }) => !!stop_price?.gt(0) && !!limit_price?.gt(0),
  TRAILING_STOP: ({ trail_amount, trail_pct }) => trail_amount === null && !!trail_pct?.gt(0),
  OCO: ({ stop_price, limit_price }) => !!stop_price?.gt(0) && !!limit_price?.gt(0),
  BRACKET: ({ stop_loss, take_profit }) => !!stop_loss?.gt(0) || !!take_profit?.gt(0),
}

/** Why an order is not even sent, or null. */
export function refusalOf({ order_types, times_in_force }: Capabilities, request: PlaceRequest): string | null {
  const { order_type, time_in_force, quantity, limit_price, stop_price, instrument } = request
  if (!order_types.includes(order_type)) return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, taken: order_types.join(' ') })
  if (order_type !== 'MARKET' && !times_in_force.includes(time_in_force))
    return sentence('UNSUPPORTED_ORDER_TYPE', { time_in_force, taken: times_in_force.join(' ') })
  if (order_type === 'TRAILING_STOP' && request.trail_amount !== null)
    return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, trail_amount: request.trail_amount.toFixed(), taken: 'trail_pct' })
  if (needs[order_type]?.(request) === false) return sentence('INVALID_PRICE', { order_type })
  if (!quantity.gt(0) || !quantity.mod(instrument.lot).isZero())
    return sentence('INVALID_QUANTITY', { quantity: quantity.toFixed(), lot: instrument.lot.toFixed() })
  for (const price of [limit_price, stop_price, request.stop_loss, request.take_profit])
    if (price && !price.mod(instrument.tick).isZero())
      return sentence('INVALID_PRICE', { price: price.toFixed(), tick: instrument.tick.toFixed() })
  return null
}
