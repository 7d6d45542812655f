import type { Decimal } from '../../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../messages/instrument.ts'
import type { FillReport } from '../../../messages/order.ts'
import type { BrokerOrder, PlaceRequest } from '../../broker.ts'
import { legOrderId } from '../../client-order-id.ts'
import { noTerms } from '../../order-terms.ts'
import { type Account, instrumentOf, marketOf, remember, unifiedNames } from '../account.ts'
import { type Params, timeInForceOf } from './terms.ts'
import { type SpotOrder, statusOf, type Trade, typeOf } from './wire.ts'

export const SIDES = { above: '_HI', below: '_LO' } as const

/** A bracket's entry has to be a limit order here: one that is to fill at once may go so far past the market. */
const COLLAR_PCT = 1

const text = (value: Decimal | null): string => value?.toFixed() ?? ''
const opposite = (action: 'BUY' | 'SELL') => (action === 'BUY' ? 'SELL' : 'BUY')

export interface Call {
  endpoint: string
  params: Params
}

interface Placing {
  symbol: string
  /** The price on the side that a bracket's entry would take. */
  market: Decimal | null
  /** What a bracket's closing orders are for: what its entry leaves after a fee in the coin itself. */
  closing: Decimal
}

/** The request that places an order. */
export function spotCall(request: PlaceRequest, { symbol, market, closing }: Placing): Call {
  if (request.order_type === 'OCO') return ocoCall(request, symbol)
  if (request.order_type === 'BRACKET') return bracketCall(request, { symbol, market, closing })
  const { client_order_id, action, quantity } = request
  const params: Params = {
    symbol,
    side: action,
    quantity: quantity.toFixed(),
    newClientOrderId: client_order_id,
    newOrderRespType: 'FULL',
    ...singleTerms(request),
  }
  return { endpoint: 'privatePostOrder', params }
}

function singleTerms(request: PlaceRequest): Params {
  const { limit_price, stop_price, trail_pct } = request
  const timeInForce = timeInForceOf(request)
  switch (request.order_type) {
    case 'LIMIT':
      return { type: 'LIMIT', timeInForce, price: text(limit_price) }
    case 'STOP':
      return { type: 'STOP_LOSS', stopPrice: text(stop_price) }
    case 'STOP_LIMIT':
      return { type: 'STOP_LOSS_LIMIT', timeInForce, price: text(limit_price), stopPrice: text(stop_price) }
    case 'TRAILING_STOP':
      // In hundredths of a percent.
      return { type: 'STOP_LOSS', trailingDelta: trail_pct?.times(100).toFixed(0) ?? '' }
    default:
      return { type: 'MARKET' }
  }
}

/** Two orders of which one cancels the other: the limit on the better side of the market, the stop on the worse. */
function ocoCall({ client_order_id, action, quantity, limit_price, stop_price }: PlaceRequest, symbol: string): Call {
  const sells = action === 'SELL'
  const limit = { type: 'LIMIT_MAKER', price: text(limit_price) }
  const stop = { type: 'STOP_LOSS', stopPrice: text(stop_price) }
  const params: Params = {
    symbol,
    side: action,
    quantity: quantity.toFixed(),
    listClientOrderId: client_order_id,
    newOrderRespType: 'RESULT',
    ...prefixed('above', sells ? limit : stop),
    ...prefixed('below', sells ? stop : limit),
    aboveClientOrderId: `${client_order_id}${SIDES.above}`,
    belowClientOrderId: `${client_order_id}${SIDES.below}`,
  }
  return { endpoint: 'privatePostOrderListOco', params }
}

const prefixed = (prefix: string, terms: Record<string, string>): Params =>
  Object.fromEntries(Object.entries(terms).map(([name, value]) => [`${prefix}${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]))

/** An entry, and what closes it once it has filled. */
function bracketCall(request: PlaceRequest, { symbol, market, closing }: Placing): Call {
  const { client_order_id, action, quantity, limit_price, stop_loss, take_profit, instrument } = request
  const price = limit_price ?? (market && collared(market, action, instrument))
  const own: Params = {
    symbol,
    listClientOrderId: `${client_order_id}_OL`,
    newOrderRespType: 'RESULT',
    workingType: 'LIMIT',
    workingSide: action,
    workingClientOrderId: client_order_id,
    workingPrice: text(price),
    workingQuantity: quantity.toFixed(),
    workingTimeInForce: timeInForceOf(request),
    pendingSide: opposite(action),
    pendingQuantity: closing.toFixed(),
  }
  const loss = { type: 'STOP_LOSS', stopPrice: text(stop_loss), clientOrderId: legOrderId(client_order_id, 'STOP_LOSS') }
  const profit = { type: 'LIMIT_MAKER', price: text(take_profit), clientOrderId: legOrderId(client_order_id, 'TAKE_PROFIT') }
  if (stop_loss && take_profit) {
    const [above, below] = action === 'BUY' ? [profit, loss] : [loss, profit]
    const params = { ...own, ...prefixed('pendingAbove', above), ...prefixed('pendingBelow', below) }
    return { endpoint: 'privatePostOrderListOtoco', params }
  }
  return { endpoint: 'privatePostOrderListOto', params: { ...own, ...prefixed('pending', stop_loss ? loss : profit) } }
}

/** A price that surely takes what the market shows, on a tick. */
function collared(market: Decimal, action: 'BUY' | 'SELL', { tick }: InstrumentDocument): Decimal {
  const reach = market.times(COLLAR_PCT).div(100)
  const wanted = action === 'BUY' ? market.plus(reach) : market.minus(reach)
  return wanted.div(tick).toDecimalPlaces(0).times(tick)
}

export const brokerIdOf = ({ symbol, orderId }: { symbol: string; orderId: string }): string => `${symbol}:${orderId}`

/** The id that we gave an order. In the answer to a cancel it stands in another field. */
const clientIdOf = ({ origClientOrderId, clientOrderId }: Pick<SpotOrder, 'origClientOrderId' | 'clientOrderId'>): string | null =>
  (origClientOrderId ?? clientOrderId) || null

export const roleOf = (client_order_id: string | null): BrokerOrder['role'] => {
  if (client_order_id?.endsWith('_SL')) return 'STOP_LOSS'
  return client_order_id?.endsWith('_TP') ? 'TAKE_PROFIT' : null
}

/** A single order as the port tells it. */
export async function toldSpot(account: Account, order: SpotOrder, fills: FillReport[]): Promise<BrokerOrder> {
  const broker_order_id = brokerIdOf(order)
  const client_order_id = clientIdOf(order)
  remember(account, { symbol: order.symbol, client_order_id, broker_order_id })
  const trails = order.trailingDelta !== null
  return {
    account_id: account.account_id,
    broker_order_id,
    client_order_id,
    ...(await named(account, order.symbol)),
    action: order.side,
    quantity: order.origQty,
    order_type: trails ? 'TRAILING_STOP' : typeOf(order.type),
    time_in_force: order.timeInForce,
    ...noTerms,
    limit_price: order.price,
    stop_price: trails ? null : order.stopPrice,
    trail_pct: order.trailingDelta?.div(100) ?? null,
    status: statusOf(order.status),
    filled_qty: order.executedQty,
    reason: null,
    fills,
    role: order.orderListId >= 0 ? roleOf(client_order_id) : null,
    legs: [],
    updated_at: order.updateTime ?? order.transactTime ?? order.time ?? account.now(),
  }
}

export async function named(account: Account, symbol: string): Promise<{ instrument_id: string; symbol: string }> {
  const { instrument_id, symbol: own } = await instrumentOf(account, symbol, false)
  return { instrument_id, symbol: own }
}

/** Trade ids count from 1 in each market. */
export const fillOf = ({ symbol, id, price, qty, time, commission, commissionAsset }: Trade): FillReport => ({
  execution_id: `${symbol}:${id}`,
  price,
  quantity: qty,
  time,
  commission,
  commission_currency: commissionAsset,
})

/** On spot the fee comes out of what was received: bought coins are fewer by it, and what those were worth is what it cost. */
export function spotFillOf(one: Trade): FillReport {
  const fill = fillOf(one)
  const quote = quoteAgainst(one.symbol, one.commissionAsset)
  if (quote === null || one.commission.isZero()) return fill
  return { ...fill, commission: one.commission.times(one.price), commission_currency: quote, fee_quantity: one.commission }
}

/** What a market is quoted in where a coin is what it trades; else null. */
const quoteAgainst = (symbol: string, coin: string): string | null => {
  const name = unifiedNames(symbol, false).find(each => each.startsWith(`${coin}/`))
  return name?.split('/')[1] ?? null
}

/** The fills that the answer to a new order tells. */
export const fillsAtOnce = (order: SpotOrder, at: Date): Trade[] =>
  (order.fills ?? []).flatMap(({ price, qty, commission, commissionAsset, tradeId }) =>
    tradeId === undefined
      ? []
      : [{ symbol: order.symbol, id: tradeId, orderId: order.orderId, price, qty, commission, commissionAsset, time: at }],
  )

export const spotMarket = (account: Account, instrument: InstrumentDocument): string =>
  marketOf(account.session.connection.exchange, instrument)
