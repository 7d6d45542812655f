import type { Instrument, Quote } from '../domain/instrument.ts'
import type { Decimal } from '../domain/money/decimal.ts'
import type { FillReport } from '../messages/order.ts'

/** What a broker takes, as far as it is built here. */
export interface Capabilities {
  order_types: readonly string[]
  times_in_force: readonly string[]
  /** Longest client order id that it keeps. */
  client_order_id_length: number
}

export interface PlaceRequest {
  account_id: string
  client_order_id: string
  instrument: Instrument
  action: 'BUY' | 'SELL'
  /** > 0, a whole number of lots. */
  quantity: Decimal
  order_type: string
  limit_price: Decimal | null
  stop_price: Decimal | null
  time_in_force: string
}

export interface OrderId {
  account_id: string
  client_order_id: string
}

/** What became of a request. `unknown`: no answer that can be read; ask by client id before anything is sent again. */
export type PlaceResult =
  /** `order` where the answer already tells what became of it. */
  | { kind: 'confirmed'; broker_order_id: string; order?: BrokerOrder }
  | { kind: 'rejected'; reason: string }
  | { kind: 'unknown'; reason: string }

export interface BrokerOrder {
  broker_order_id: string
  client_order_id: string
  symbol: string
  action: 'BUY' | 'SELL'
  quantity: Decimal
  order_type: string
  limit_price: Decimal | null
  status: 'SUBMITTED' | 'PARTIALLY_FILLED' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED'
  filled_qty: Decimal
  reason: string | null
  fills: FillReport[]
}

/** In the account's currency. */
export interface Balance {
  account_id: string
  equity: Decimal
  cash: Decimal
  margin_used: Decimal
  margin_available: Decimal
  unrealized_pnl: Decimal
  realized_pnl: Decimal
}

export interface BrokerPosition {
  account_id: string
  instrument_id: string
  symbol: string
  side: 'LONG' | 'SHORT'
  /** Signed. */
  quantity: Decimal
  avg_price: Decimal
  current_price: Decimal
  unrealized_pnl: Decimal
}

/** The broker cannot be reached, or does not answer in time. */
export class BrokerConnectionError extends Error {
  override readonly name = 'BrokerConnectionError'
}

/** The broker answered, and refuses or makes no sense. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
}

/** One broker, whatever its protocol. Only BrokerConnectionError and BrokerError are thrown; orders end in values. */
export interface Broker {
  readonly capabilities: Capabilities
  status(): Promise<'CONNECTED' | 'DISCONNECTED' | 'NEEDS_LOGIN'>
  /** Places once by client id: asking again with the same id never makes a second order. */
  placeOrder(request: PlaceRequest): Promise<PlaceResult>
  cancelOrder(id: OrderId): Promise<PlaceResult>
  /** The order of a client id with its fills, or null where the broker has none. */
  getOrder(id: OrderId): Promise<BrokerOrder | null>
  openOrders(account_id: string): Promise<BrokerOrder[]>
  balance(account_id: string): Promise<Balance>
  positions(account_id: string): Promise<BrokerPosition[]>
  quote(instrument: Instrument): Promise<Quote | null>
}
