import { z } from 'zod'
import { Decimal } from '../../../domain/money/decimal.ts'
import type { BrokerOrderStatus } from '../../broker.ts'

// What Binance answers. Fields that it adds are let pass; ids may be numbers or text, amounts are text and now and then numbers.

export const id = z.union([z.string(), z.number()]).transform(String)
export const amount = z.union([z.string().regex(/^-?\d*\.?\d+(e[+-]?\d+)?$/i), z.number()]).transform(value => new Decimal(value))
const maybe = amount.nullish().transform(value => value ?? null)
/** A price of 0 is none. */
const price = maybe.transform(value => (value?.isZero() ? null : value))
const moment = z.coerce.number().transform(ms => new Date(ms))
const maybeMoment = moment.nullish().transform(at => (at && at.getTime() > 0 ? at : null))
const side = z.enum(['BUY', 'SELL'])

const spotFill = z.object({
  price: amount,
  qty: amount,
  commission: amount,
  commissionAsset: z.string(),
  tradeId: id.optional(),
})

export const spotOrder = z.object({
  symbol: z.string(),
  orderId: id,
  orderListId: z.coerce.number().default(-1),
  clientOrderId: z.string(),
  /** In the answer to a cancel, the id that we gave. */
  origClientOrderId: z.string().optional(),
  price,
  origQty: amount,
  executedQty: amount,
  status: z.string(),
  timeInForce: z.string().default('GTC'),
  type: z.string(),
  side,
  stopPrice: price,
  trailingDelta: price,
  time: maybeMoment,
  updateTime: maybeMoment,
  transactTime: maybeMoment,
  fills: z.array(spotFill).optional(),
})
export type SpotOrder = z.output<typeof spotOrder>

export const orderList = z.object({
  orderListId: z.coerce.number(),
  contingencyType: z.string().optional(),
  listOrderStatus: z.string().optional(),
  listClientOrderId: z.string(),
  symbol: z.string(),
  orders: z.array(z.object({ symbol: z.string(), orderId: id, clientOrderId: z.string() })),
  orderReports: z.array(spotOrder).optional(),
})
export type OrderList = z.output<typeof orderList>

export const trade = z.object({
  symbol: z.string(),
  id,
  orderId: id,
  price: amount,
  qty: amount,
  commission: amount,
  commissionAsset: z.string(),
  time: moment,
  /** Spot. */
  isBuyer: z.boolean().optional(),
  /** USD-M. */
  side: side.optional(),
})
export type Trade = z.output<typeof trade>

export const contractOrder = z.object({
  symbol: z.string(),
  orderId: id,
  clientOrderId: z.string(),
  price,
  origQty: amount,
  executedQty: amount.default(new Decimal(0)),
  status: z.string(),
  timeInForce: z.string().default('GTC'),
  type: z.string(),
  origType: z.string().optional(),
  side,
  stopPrice: price,
  activatePrice: price,
  priceRate: price,
  goodTillDate: maybeMoment,
  time: maybeMoment,
  updateTime: maybeMoment,
})
export type ContractOrder = z.output<typeof contractOrder>

export const algoOrder = z.object({
  algoId: id,
  clientAlgoId: z.string(),
  orderType: z.string(),
  symbol: z.string(),
  side,
  timeInForce: z.string().default('GTC'),
  quantity: maybe,
  algoStatus: z.string(),
  actualOrderId: id.nullish().transform(value => (value === undefined || value === null || value === '' || value === '0' ? null : value)),
  triggerPrice: price,
  price,
  callbackRate: price,
  createTime: maybeMoment,
  updateTime: maybeMoment,
  goodTillDate: maybeMoment,
})
export type AlgoOrder = z.output<typeof algoOrder>

export const bookTicker = z.object({ symbol: z.string(), bidPrice: amount, askPrice: amount, time: maybeMoment })
export const lastPrice = z.object({ symbol: z.string(), price: amount })

const statuses: Record<string, BrokerOrderStatus> = {
  NEW: 'SUBMITTED',
  PENDING_NEW: 'SUBMITTED',
  PARTIALLY_FILLED: 'PARTIALLY_FILLED',
  FILLED: 'FILLED',
  CANCELED: 'CANCELED',
  PENDING_CANCEL: 'CANCEL_PENDING',
  REJECTED: 'REJECTED',
  EXPIRED: 'EXPIRED',
  EXPIRED_IN_MATCH: 'EXPIRED',
  // of orders that wait for their price
  TRIGGERING: 'SUBMITTED',
  TRIGGERED: 'SUBMITTED',
  FINISHED: 'SUBMITTED',
}

/** A status that Binance adds one day leaves an order working. */
export const statusOf = (status: string): BrokerOrderStatus => statuses[status] ?? 'SUBMITTED'

const types: Record<string, string> = {
  LIMIT_MAKER: 'LIMIT',
  STOP_LOSS: 'STOP',
  STOP_LOSS_LIMIT: 'STOP_LIMIT',
  STOP_MARKET: 'STOP',
  STOP: 'STOP_LIMIT',
  TRAILING_STOP_MARKET: 'TRAILING_STOP',
}

export const typeOf = (type: string): string => types[type] ?? type
