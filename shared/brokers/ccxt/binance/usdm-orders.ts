import { ZERO } from '../../../domain/money/decimal.ts'
import type { FillReport } from '../../../messages/order.ts'
import type { BrokerOrder, PlaceRequest } from '../../broker.ts'
import { noTerms } from '../../order-terms.ts'
import { type Account, instrumentOf, remember } from '../account.ts'
import type { Call } from './spot-orders.ts'
import { type Params, timeInForceOf } from './terms.ts'
import { type AlgoOrder, type ContractOrder, statusOf, typeOf } from './wire.ts'

/** Orders that wait for a price are kept by a service of their own, under ids of their own. */
export const isConditional = (order_type: string | undefined): boolean =>
  order_type === 'STOP' || order_type === 'STOP_LIMIT' || order_type === 'TRAILING_STOP'

export function usdmCall(request: PlaceRequest, symbol: string): Call {
  const { client_order_id, action, quantity, is_exit } = request
  const params: Params = {
    symbol,
    side: action,
    quantity: quantity.toFixed(),
    ...(is_exit && { reduceOnly: 'true' }),
    ...termsOf(request),
  }
  return isConditional(request.order_type)
    ? { endpoint: 'fapiPrivatePostAlgoOrder', params: { ...params, algoType: 'CONDITIONAL', clientAlgoId: client_order_id } }
    : { endpoint: 'fapiPrivatePostOrder', params: { ...params, newClientOrderId: client_order_id, newOrderRespType: 'RESULT' } }
}

function termsOf(request: PlaceRequest): Params {
  const { limit_price, stop_price, trail_pct, expires_at, time_in_force } = request
  const price = limit_price?.toFixed() ?? ''
  const triggerPrice = stop_price?.toFixed() ?? ''
  const timeInForce = timeInForceOf(request)
  const until: Params = time_in_force === 'GTD' && expires_at ? { goodTillDate: Math.floor(expires_at.getTime() / 1000) * 1000 } : {}
  switch (request.order_type) {
    case 'LIMIT':
      return { type: 'LIMIT', timeInForce, price, ...until }
    case 'STOP':
      return { type: 'STOP_MARKET', triggerPrice }
    case 'STOP_LIMIT':
      return { type: 'STOP', timeInForce, price, triggerPrice, ...until }
    case 'TRAILING_STOP':
      return { type: 'TRAILING_STOP_MARKET', callbackRate: trail_pct?.toFixed() ?? '' }
    default:
      return { type: 'MARKET' }
  }
}

export const usdmId = ({ symbol, orderId }: { symbol: string; orderId: string }): string => `${symbol}:${orderId}`
const algoId = ({ symbol, algoId: id }: { symbol: string; algoId: string }): string => `${symbol}:algo${id}`

export async function namedContract(account: Account, market: string): Promise<{ instrument_id: string; symbol: string }> {
  const { instrument_id, symbol } = await instrumentOf(account, market, true)
  return { instrument_id, symbol }
}

const nothing = {
  ...noTerms,
  role: null,
  legs: [],
  reason: null,
}

export async function toldUsdm(account: Account, order: ContractOrder, fills: FillReport[]): Promise<BrokerOrder> {
  const broker_order_id = usdmId(order)
  const client_order_id = order.clientOrderId || null
  remember(account, { symbol: order.symbol, client_order_id, broker_order_id })
  const type = order.origType ?? order.type
  return {
    ...nothing,
    account_id: account.account_id,
    broker_order_id,
    client_order_id,
    ...(await namedContract(account, order.symbol)),
    action: order.side,
    quantity: order.origQty,
    order_type: typeOf(type),
    time_in_force: order.timeInForce,
    limit_price: order.price,
    stop_price: order.stopPrice,
    trail_pct: type === 'TRAILING_STOP_MARKET' ? order.priceRate : null,
    expires_at: order.goodTillDate,
    status: statusOf(order.status),
    filled_qty: order.executedQty,
    fills,
    updated_at: order.updateTime ?? order.time ?? account.now(),
  }
}

/** A conditional order; once its price was reached, with what became of the order that it then was. */
export async function toldAlgo(account: Account, order: AlgoOrder, actual: BrokerOrder | null): Promise<BrokerOrder> {
  const broker_order_id = algoId(order)
  const client_order_id = order.clientAlgoId
  remember(account, { symbol: order.symbol, client_order_id, broker_order_id })
  if (actual) account.clientIdOf.set(actual.broker_order_id, client_order_id)
  return {
    ...nothing,
    account_id: account.account_id,
    broker_order_id,
    client_order_id,
    ...(await namedContract(account, order.symbol)),
    action: order.side,
    quantity: order.quantity ?? actual?.quantity ?? actual?.filled_qty ?? ZERO,
    order_type: typeOf(order.orderType),
    time_in_force: order.timeInForce,
    limit_price: order.price,
    stop_price: order.triggerPrice,
    trail_pct: order.orderType === 'TRAILING_STOP_MARKET' ? order.callbackRate : null,
    expires_at: order.goodTillDate,
    status: actual?.status ?? statusOf(order.algoStatus),
    filled_qty: actual?.filled_qty ?? ZERO,
    fills: actual?.fills ?? [],
    updated_at: actual?.updated_at ?? order.updateTime ?? order.createTime ?? account.now(),
  }
}
