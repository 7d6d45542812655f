import type { Order, TimeInForce as Tif } from '@stoqey/ib'
import { sentence } from '../../domain/errors.ts'
import { type Decimal, ZERO } from '../../domain/money/decimal.ts'
import type { OrderType } from '../../messages/order.ts'
import type { ModifyRequest, PlaceRequest } from '../broker.ts'
import { legOrderId } from '../client-order-id.ts'
import type { OrderTerms } from '../order-terms.ts'
import { capabilities } from './capabilities.ts'
import { exact, onWire } from './exact.ts'
import { momentOf, utcText } from './moments.ts'

/** The stop side of an OCO; its limit side has the order's own reference. */
export const ocoRef = (client_order_id: string): string => `${client_order_id}_OCO`

/** Why an order's terms make none there, or null. */
export function termsRefusal(request: PlaceRequest, now: Date): string | null {
  const { order_type, time_in_force, instrument, quantity, limit_price, stop_price, trail_amount, trail_pct, expires_at } = request
  const unsupported = (figures: Record<string, string>) => sentence('UNSUPPORTED_ORDER_TYPE', figures)
  if (!capabilities.order_types.includes(order_type)) return unsupported({ order_type })
  if (!capabilities.times_in_force.includes(time_in_force)) return unsupported({ time_in_force })
  if (!capabilities.asset_classes.includes(instrument.asset_class)) return unsupported({ asset_class: instrument.asset_class })
  const immediate = time_in_force === 'IOC' || time_in_force === 'FOK'
  if (immediate && order_type !== 'MARKET' && order_type !== 'LIMIT') return unsupported({ order_type, time_in_force })
  if (!quantity.gt(0) || !quantity.mod(instrument.lot).isZero())
    return sentence('INVALID_QUANTITY', { quantity: quantity.toFixed(), lot: instrument.lot.toFixed() })
  const needsLimit = ['LIMIT', 'STOP_LIMIT', 'LIMIT_ON_OPEN', 'LIMIT_ON_CLOSE', 'OCO'].includes(order_type)
  const needsStop = ['STOP', 'STOP_LIMIT', 'OCO'].includes(order_type)
  const trails = order_type === 'TRAILING_STOP' && !trail_amount?.gt(0) === !trail_pct?.gt(0)
  const closes = order_type === 'BRACKET' && !request.stop_loss?.gt(0) && !request.take_profit?.gt(0)
  if ((needsLimit && !limit_price?.gt(0)) || (needsStop && !stop_price?.gt(0)) || trails || closes)
    return sentence('INVALID_PRICE', { order_type })
  const off = [limit_price, stop_price, request.stop_loss, request.take_profit].find(price => price && !price.mod(instrument.tick).isZero())
  if (off) return sentence('WRONG_TICK', { price: off.toFixed(), tick: instrument.tick.toFixed() })
  if (time_in_force === 'GTD' && !(expires_at && expires_at > now)) return sentence('INVALID_EXPIRY', { time_in_force })
  return null
}

type Kind = Pick<Order, 'orderType' | 'lmtPrice' | 'auxPrice' | 'trailingPercent' | 'trailStopPrice'>
const kind = (orderType: string, prices: Omit<Kind, 'orderType'> = {}): Kind => ({ orderType: orderType as Order['orderType'], ...prices })
const limitOf = (price: Decimal | null) => (price ? { lmtPrice: onWire(price) } : {})
const stopOf = (price: Decimal | null) => (price ? { auxPrice: onWire(price) } : {})

const plain = ({ limit_price, stop_price }: Pick<PlaceRequest, 'limit_price' | 'stop_price'>): Kind => {
  if (limit_price && stop_price) return kind('STP LMT', { ...limitOf(limit_price), ...stopOf(stop_price) })
  if (limit_price) return kind('LMT', limitOf(limit_price))
  return stop_price ? kind('STP', stopOf(stop_price)) : kind('MKT')
}

function kindOf(request: PlaceRequest): Kind {
  const { order_type, limit_price, stop_price, trail_amount, trail_pct } = request
  switch (order_type) {
    case 'MARKET':
    case 'MARKET_ON_OPEN':
      return kind('MKT')
    case 'LIMIT':
    case 'LIMIT_ON_OPEN':
    case 'OCO':
      return kind('LMT', limitOf(limit_price))
    case 'STOP':
      return kind('STP', stopOf(stop_price))
    case 'STOP_LIMIT':
      return kind('STP LMT', { ...limitOf(limit_price), ...stopOf(stop_price) })
    case 'TRAILING_STOP':
      return kind('TRAIL', {
        ...(trail_pct ? { trailingPercent: onWire(trail_pct) } : stopOf(trail_amount)),
        ...(stop_price && { trailStopPrice: onWire(stop_price) }),
      })
    case 'MARKET_ON_CLOSE':
      return kind('MOC')
    case 'LIMIT_ON_CLOSE':
      return kind('LOC', limitOf(limit_price))
    case 'BRACKET':
      return plain(request)
  }
}

const isOpening = (order_type: OrderType) => order_type === 'MARKET_ON_OPEN' || order_type === 'LIMIT_ON_OPEN'

/** An order's part, without its number. Whether it may go is always said: the library would leave it out. */
export type Part = Order & { orderRef: string; transmit: boolean }

/** The messages that make an order: one, or a bracket's entry with what closes it, or both sides of an OCO. The last one lets all of them go. */
export function partsOf(request: PlaceRequest): Part[] {
  const { account_id, client_order_id, action, quantity, order_type, time_in_force, expires_at, stop_loss, take_profit, stop_price } =
    request
  const main: Part = {
    ...kindOf(request),
    action: action as Order['action'] & string,
    totalQuantity: onWire(quantity),
    tif: (isOpening(order_type) ? 'OPG' : time_in_force) as Tif,
    ...(time_in_force === 'GTD' && expires_at && { goodTillDate: utcText(expires_at) }),
    account: account_id,
    orderRef: client_order_id,
    outsideRth: false,
    transmit: true,
  }
  if (order_type === 'OCO') {
    const group = { ocaGroup: client_order_id, ocaType: 1 }
    return [
      { ...main, ...group, transmit: true },
      {
        ...main,
        ...group,
        ...kind('STP', stopOf(stop_price)),
        lmtPrice: undefined as unknown as number,
        orderRef: ocoRef(client_order_id),
        transmit: true,
      },
    ]
  }
  if (order_type !== 'BRACKET') return [main]
  const closing = { ...main, action: (action === 'BUY' ? 'SELL' : 'BUY') as Order['action'] & string, tif: 'GTC' as Tif, goodTillDate: '' }
  const legs: Part[] = []
  if (take_profit)
    legs.push({ ...closing, ...bare, ...kind('LMT', limitOf(take_profit)), orderRef: legOrderId(client_order_id, 'TAKE_PROFIT') })
  if (stop_loss) legs.push({ ...closing, ...bare, ...kind('STP', stopOf(stop_loss)), orderRef: legOrderId(client_order_id, 'STOP_LOSS') })
  return [main, ...legs].map((part, at) => ({ ...part, transmit: at === legs.length }))
}

const bare = { lmtPrice: undefined as unknown as number, auxPrice: undefined as unknown as number }

/** What of a known order has to be said again when it is changed. */
export function changedTerms(terms: Order, changes: ModifyRequest['changes']): Order {
  const { quantity, limit_price, stop_price, trail_amount, trail_pct } = changes
  const again = (value: number | undefined) => (exact(value)?.gt(0) ? onWire(exact(value) ?? ZERO) : undefined)
  const next: Record<string, unknown> = {
    action: terms.action,
    totalQuantity: quantity ? onWire(quantity) : again(terms.totalQuantity),
    orderType: terms.orderType,
    lmtPrice: limit_price ? onWire(limit_price) : again(terms.lmtPrice),
    auxPrice: (stop_price ?? trail_amount) ? onWire(stop_price ?? trail_amount ?? ZERO) : again(terms.auxPrice),
    trailingPercent: trail_pct ? onWire(trail_pct) : again(terms.trailingPercent),
    tif: terms.tif,
    goodTillDate: terms.goodTillDate,
    ocaGroup: terms.ocaGroup,
    ocaType: terms.ocaType,
    parentId: terms.parentId,
    account: terms.account,
    orderRef: terms.orderRef,
    outsideRth: terms.outsideRth ?? false,
    transmit: true,
  }
  return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)) as unknown as Order
}

/** Whether the broker now has the terms that a change asked for. */
export function hasChanged(
  terms: Order,
  { quantity, limit_price, stop_price, trail_amount, trail_pct }: ModifyRequest['changes'],
): boolean {
  const is = (told: number | undefined, wanted: Decimal | null | undefined) => !wanted || exact(told)?.eq(wanted) === true
  return (
    is(terms.totalQuantity, quantity) &&
    is(terms.lmtPrice, limit_price) &&
    is(terms.auxPrice, stop_price ?? trail_amount) &&
    is(terms.trailingPercent, trail_pct)
  )
}

const typeNames: Record<string, OrderType> = {
  MKT: 'MARKET',
  LMT: 'LIMIT',
  STP: 'STOP',
  'STP LMT': 'STOP_LIMIT',
  TRAIL: 'TRAILING_STOP',
  MOC: 'MARKET_ON_CLOSE',
  LOC: 'LIMIT_ON_CLOSE',
}

/** Our name of an order's type; the broker's where there is none. */
export function typeOf({ orderType, tif }: Order): string {
  const name = typeNames[orderType] ?? String(orderType)
  if (String(tif) !== 'OPG') return name
  return name === 'LIMIT' ? 'LIMIT_ON_OPEN' : name === 'MARKET' ? 'MARKET_ON_OPEN' : name
}

const positive = (value: number | undefined): Decimal | null => {
  const known = exact(value)
  return known?.gt(0) ? known : null
}

/** Prices of an order in the port's terms. */
export function termsOf(order: Order, time_zone: string): OrderTerms {
  const type = String(order.orderType)
  const trails = type.startsWith('TRAIL')
  return {
    limit_price: type.includes('LMT') || type === 'LOC' || type === 'LIT' ? positive(order.lmtPrice) : null,
    stop_price: trails ? positive(order.trailStopPrice) : type.startsWith('STP') || type === 'MIT' ? positive(order.auxPrice) : null,
    trail_amount: trails ? positive(order.auxPrice) : null,
    trail_pct: trails ? positive(order.trailingPercent) : null,
    stop_loss: null,
    take_profit: null,
    expires_at: order.goodTillDate ? momentOf(order.goodTillDate, time_zone) : null,
  }
}
