import type { trading } from '@alpacahq/alpaca-trade-api/rest'
import { sentence } from '../../domain/errors.ts'
import type { Decimal } from '../../domain/money/decimal.ts'
import type { OrderType } from '../../messages/order.ts'
import type { ModifyRequest, PlaceRequest } from '../broker.ts'
import { capabilities } from './capabilities.ts'
import { symbolOf } from './contract.ts'

const types = {
  MARKET: 'market',
  LIMIT: 'limit',
  STOP: 'stop',
  STOP_LIMIT: 'stop_limit',
  TRAILING_STOP: 'trailing_stop',
  MARKET_ON_OPEN: 'market',
  LIMIT_ON_OPEN: 'limit',
  MARKET_ON_CLOSE: 'market',
  LIMIT_ON_CLOSE: 'limit',
} as const

const auctions: Partial<Record<OrderType, 'opg' | 'cls'>> = {
  MARKET_ON_OPEN: 'opg',
  LIMIT_ON_OPEN: 'opg',
  MARKET_ON_CLOSE: 'cls',
  LIMIT_ON_CLOSE: 'cls',
}

const timesInForce: Partial<Record<string, 'day' | 'gtc' | 'ioc' | 'fok'>> = { DAY: 'day', GTC: 'gtc', IOC: 'ioc', FOK: 'fok' }

/** What Alpaca takes of each asset class; shares take everything. */
const taken: Record<string, { types: readonly OrderType[]; times: readonly string[] }> = {
  EQUITY: { types: capabilities.order_types, times: capabilities.times_in_force },
  OPTION: { types: ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'], times: ['DAY'] },
  CRYPTO: { types: ['MARKET', 'LIMIT', 'STOP_LIMIT'], times: ['GTC', 'IOC'] },
}

const positive = (value: Decimal | null): boolean => value?.gt(0) ?? false

type Lacks = (request: PlaceRequest) => boolean
const lacking: Partial<Record<OrderType, Lacks>> = {
  LIMIT: ({ limit_price }) => !positive(limit_price),
  LIMIT_ON_OPEN: ({ limit_price }) => !positive(limit_price),
  LIMIT_ON_CLOSE: ({ limit_price }) => !positive(limit_price),
  STOP: ({ stop_price }) => !positive(stop_price),
  STOP_LIMIT: ({ limit_price, stop_price }) => !positive(limit_price) || !positive(stop_price),
  TRAILING_STOP: ({ trail_amount, trail_pct }) => positive(trail_amount) === positive(trail_pct),
  BRACKET: ({ stop_loss, take_profit }) => !positive(stop_loss) && !positive(take_profit),
  OCO: ({ limit_price, stop_price }) => !positive(limit_price) || !positive(stop_price),
}

/** A DAY order for coins stays until it is canceled: their market has no days. */
const timeOf = ({ instrument, time_in_force }: PlaceRequest): string =>
  instrument.asset_class === 'CRYPTO' && time_in_force === 'DAY' ? 'GTC' : time_in_force

/** Why we do not send an order, or null. */
export function denialOf(request: PlaceRequest): string | null {
  const { instrument, order_type, time_in_force, quantity } = request
  const { asset_class } = instrument
  const own = taken[asset_class]
  if (!own?.types.includes(order_type)) return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, asset_class })
  if (!own.times.includes(timeOf(request))) return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, time_in_force, asset_class })
  const grouped = order_type === 'BRACKET' || order_type === 'OCO'
  const waits = time_in_force === 'IOC' || time_in_force === 'FOK'
  if ((grouped || order_type.startsWith('STOP') || order_type === 'TRAILING_STOP') && waits)
    return sentence('UNSUPPORTED_ORDER_TYPE', { order_type, time_in_force })
  if (lacking[order_type]?.(request)) return sentence('INVALID_PRICE', { order_type })
  if (!quantity.gt(0)) return sentence('INVALID_QUANTITY', { quantity: quantity.toFixed() })
  return fractionDenial(request) ?? tickDenial(request)
}

/** Parts of shares trade by the day only, and neither in auctions nor in groups; parts of options do not. */
function fractionDenial({ instrument: { asset_class }, order_type, time_in_force, quantity }: PlaceRequest): string | null {
  if (quantity.isInteger() || asset_class === 'CRYPTO') return null
  const allowed = asset_class === 'EQUITY' && time_in_force === 'DAY' && ['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT'].includes(order_type)
  return allowed ? null : sentence('INVALID_QUANTITY', { quantity: quantity.toFixed(), order_type, time_in_force, whole: 'only' })
}

/** Shares are priced in cents, below a dollar in hundredths of one; Alpaca refuses what lies between. */
function tickDenial({ instrument, limit_price, stop_price, stop_loss, take_profit }: PlaceRequest): string | null {
  if (instrument.asset_class !== 'EQUITY') return null
  const prices = [limit_price, stop_price, stop_loss, take_profit].filter(price => price !== null)
  const wrong = prices.find(price => price.decimalPlaces() > (price.gte(1) ? 2 : 4))
  return wrong ? sentence('INVALID_PRICE', { price: wrong.toFixed(), tick: wrong.gte(1) ? '0.01' : '0.0001' }) : null
}

const text = (value: Decimal | null): string | undefined => value?.toFixed()

/** An order in Alpaca's words; what a type does not have is left out. */
export function orderRequest(request: PlaceRequest): trading.PostOrderRequest {
  const { client_order_id, instrument, action, quantity, order_type, is_exit } = request
  const side = action === 'BUY' ? 'buy' : 'sell'
  return given({
    symbol: symbolOf(instrument),
    qty: quantity.toFixed(),
    side,
    clientOrderId: client_order_id,
    timeInForce: auctions[order_type] ?? timesInForce[timeOf(request)] ?? 'day',
    // Alpaca's way to say that an order only takes from a position; it knows it of options alone.
    positionIntent: is_exit && instrument.asset_class === 'OPTION' ? (`${side}_to_close` as const) : undefined,
    ...termsOf(request),
  })
}

function termsOf(request: PlaceRequest): Pick<trading.PostOrderRequest, 'type'> & Optional {
  const { order_type, limit_price, stop_price, trail_amount, trail_pct } = request
  if (order_type === 'BRACKET') return bracketOf(request)
  if (order_type === 'OCO')
    return {
      type: 'limit',
      orderClass: 'oco',
      takeProfit: given({ limitPrice: text(limit_price) }),
      stopLoss: given({ stopPrice: text(stop_price) }),
    }
  const type = types[order_type]
  return {
    type,
    limitPrice: type === 'limit' || type === 'stop_limit' ? text(limit_price) : undefined,
    stopPrice: type === 'stop' || type === 'stop_limit' ? text(stop_price) : undefined,
    trailPrice: type === 'trailing_stop' ? text(trail_amount) : undefined,
    trailPercent: type === 'trailing_stop' ? text(trail_pct) : undefined,
  }
}

/** With one closing order only it is what Alpaca calls one-triggers-other. */
function bracketOf({ limit_price, stop_price, stop_loss, take_profit }: PlaceRequest): Pick<trading.PostOrderRequest, 'type'> & Optional {
  const type = limit_price && stop_price ? 'stop_limit' : limit_price ? 'limit' : stop_price ? 'stop' : 'market'
  return {
    type,
    orderClass: stop_loss && take_profit ? 'bracket' : 'oto',
    limitPrice: text(limit_price),
    stopPrice: text(stop_price),
    takeProfit: take_profit ? given({ limitPrice: text(take_profit) }) : undefined,
    stopLoss: stop_loss ? given({ stopPrice: text(stop_loss) }) : undefined,
  }
}

type Optional = { [Key in keyof trading.PostOrderRequest]?: trading.PostOrderRequest[Key] | undefined }

/** An object without what is undefined. */
const given = <T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never

/** What of an order changes, in Alpaca's words. */
export function changeRequest({ changes }: ModifyRequest, client_order_id: string | null): trading.PatchOrderRequest {
  const { quantity, limit_price, stop_price, trail_amount, trail_pct } = changes
  return given({
    qty: text(quantity ?? null),
    limitPrice: text(limit_price ?? null),
    stopPrice: text(stop_price ?? null),
    trail: text(trail_amount ?? trail_pct ?? null),
    clientOrderId: client_order_id ?? undefined,
  })
}
