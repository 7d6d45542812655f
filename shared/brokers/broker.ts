import type { AssetClass, Quote } from '../domain/instrument.ts'
import type { Decimal } from '../domain/money/decimal.ts'
import type { InstrumentDocument } from '../messages/instrument.ts'
import type { FillReport, OrderType, TimeInForce } from '../messages/order.ts'
import type { OrderTerms } from './order-terms.ts'

// The one interface to every broker. Prices and amounts are exact decimals, times are moments, ids are what was sent or what the broker
// said. Only BrokerConnectionError and BrokerError are thrown; what becomes of an order is always a value.

export interface Capabilities {
  order_types: readonly OrderType[]
  times_in_force: readonly TimeInForce[]
  /** Lacking here, but workable from outside by quotes and plain orders: the supervisor does so where the strategy allows. */
  emulable: readonly OrderType[]
  asset_classes: readonly AssetClass[]
  /** Longest client order id that it keeps. */
  client_order_id_length: number
  /** Whether a client order id may hold more than letters and digits. */
  client_order_id_symbols: boolean
  /** Whether a working order can be changed in place; else it is canceled and placed anew. */
  modifies: boolean
  /** Whether it tells single executions with ids of their own. Where not, fills are made from what an order's status adds. */
  executions: boolean
}

export interface PlaceRequest extends OrderTerms {
  account_id: string
  client_order_id: string
  instrument: InstrumentDocument
  action: 'BUY' | 'SELL'
  /** > 0, a whole number of lots. */
  quantity: Decimal
  order_type: OrderType
  time_in_force: TimeInForce
  /** Only takes from a position: sent as reduce-only where the broker knows that. */
  is_exit: boolean
  /** How often it was sent, this time counted: a broker that takes an id twice is asked first, unless this is the first time. */
  attempts?: number
}

export interface OrderId {
  account_id: string
  client_order_id: string
  /** Where it is known; several brokers cancel by nothing else. */
  broker_order_id?: string | null
  /** Where they are known; several brokers find an order only where such orders are kept. */
  instrument_id?: string
  order_type?: string
}

/** What of a working order is to change; what is left out stays. */
export interface ModifyRequest extends OrderId {
  instrument: InstrumentDocument
  changes: Partial<Pick<OrderTerms, 'limit_price' | 'stop_price' | 'trail_amount' | 'trail_pct'> & { quantity: Decimal }>
}

/**
 * What became of a request to place, modify or cancel. `unknown`: no answer that can be read (time-out, reset, 5xx, garbage); ask by client
 * id before anything is sent again. `rejected` only where the broker said so.
 */
export type OrderResult =
  /** `order` where the answer already tells what became of it. */
  | { kind: 'confirmed'; broker_order_id: string; order?: BrokerOrder }
  | { kind: 'rejected'; reason: string }
  | { kind: 'unknown'; reason: string }

export type BrokerOrderStatus = 'SUBMITTED' | 'PARTIALLY_FILLED' | 'CANCEL_PENDING' | 'FILLED' | 'CANCELED' | 'REJECTED' | 'EXPIRED'

export interface BrokerOrder extends OrderTerms {
  account_id: string
  broker_order_id: string
  /** Null for an order that was given no id of ours. */
  client_order_id: string | null
  /** Where the broker's contract is none of ours, `adapter:its symbol`. */
  instrument_id: string
  symbol: string
  action: 'BUY' | 'SELL'
  quantity: Decimal
  order_type: string
  time_in_force: string
  status: BrokerOrderStatus
  filled_qty: Decimal
  reason: string | null
  /** Every execution so far, corrections applied. */
  fills: FillReport[]
  /** Which part of a bracket it is. Null for an order of its own. An OCO is one order, with the fills of both sides. */
  role: 'STOP_LOSS' | 'TAKE_PROFIT' | null
  /** A bracket's entry tells its closing orders, from when the broker knows them. */
  legs: BrokerOrder[]
  updated_at: Date
}

/** One execution as the broker's list of them tells it. */
export interface BrokerExecution extends FillReport {
  account_id: string
  broker_order_id: string
  client_order_id: string | null
  instrument_id: string
  symbol: string
  action: 'BUY' | 'SELL'
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
  /** Where the broker's contract is none of ours, `adapter:its symbol`. */
  instrument_id: string
  symbol: string
  side: 'LONG' | 'SHORT'
  /** Signed. */
  quantity: Decimal
  avg_price: Decimal
  current_price: Decimal
  unrealized_pnl: Decimal
}

/** In the account's currency. */
export interface Margin {
  account_id: string
  initial: Decimal
  maintenance: Decimal
  available: Decimal
}

/** What an order would do to the account, in the account's currency. */
export interface WhatIf {
  margin_before: Decimal
  margin_after: Decimal
  commission: Decimal | null
}

/** A stretch of time in which an instrument trades. */
export interface Session {
  opens_at: Date
  closes_at: Date
}

/** `day` is YYYY-MM-DD. */
export interface DailyClose {
  day: string
  close: Decimal
}

/** What happened to an account beside orders. Booked once, by (account, event id). */
export type AccountEvent = CashEvent | PositionEvent

export interface CashEvent {
  kind: 'CASH'
  account_id: string
  event_id: string
  type: 'DIVIDEND' | 'INTEREST' | 'FEE' | 'FINANCING' | 'TRANSFER'
  currency: string
  /** Signed: what cash became more by. */
  amount: Decimal
  instrument_id: string | null
  time: Date
  description: string
}

export interface PositionEvent {
  kind: 'POSITION'
  account_id: string
  event_id: string
  type: 'SPLIT' | 'EXPIRY' | 'ASSIGNMENT' | 'DELIVERY' | 'ROLL'
  instrument_id: string
  /** Signed: what the position became more by. */
  quantity_change: Decimal
  /** SPLIT: new units for one old one. */
  ratio: Decimal | null
  /** EXPIRY, ASSIGNMENT, DELIVERY, ROLL: the price it was settled at. A ROLL without one takes what it cost along. */
  price: Decimal | null
  /**
   * ASSIGNMENT, DELIVERY, ROLL: what came in its place, how much of it (signed), and what a unit of it cost; without that an option's strike,
   * or else what the old was settled at.
   */
  into: { instrument_id: string; quantity_change: Decimal; price?: Decimal | null } | null
  time: Date
  description: string
}

/** Cash that is to go from one account to another of the same broker and currency. */
export interface TransferRequest {
  /** Moved once by it: asking again never moves it twice. */
  transfer_id: string
  from_account: string
  to_account: string
  currency: string
  /** > 0 */
  amount: Decimal
}

/** As for orders: `unknown` is asked for again. */
export type TransferResult = { kind: 'confirmed'; reference: string } | { kind: 'rejected' | 'unknown'; reason: string }

export type BrokerStatus = 'CONNECTED' | 'DISCONNECTED' | 'NEEDS_LOGIN'

/** What people are shown of a connection. */
export interface BrokerSession {
  status: BrokerStatus
  reason: string | null
  login_url: string | null
  /** When the login or the session ends by itself. */
  expires_at: Date | null
  last_message_at: Date | null
}

/** What a stream tells, in whatever order and however often the broker sends it. */
export type StreamReport =
  | { kind: 'order'; order: BrokerOrder }
  | { kind: 'execution'; execution: BrokerExecution }
  | { kind: 'account'; event: AccountEvent }
  /**
   * While a stream lives it says CONNECTED at least every 10 s, by the broker's pings and messages: one that says nothing at all for 25 s
   * is taken for dead. After any other status it is opened anew, and everything is asked for again.
   */
  | { kind: 'status'; status: BrokerStatus }

/** The broker cannot be reached, or does not answer in time. */
export class BrokerConnectionError extends Error {
  override readonly name = 'BrokerConnectionError'
}

/** The broker answered, and refuses or makes no sense. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
}

/** One broker, whatever its protocol. A question that fails throws: it never answers "none". */
export interface Broker {
  readonly capabilities: Capabilities
  /** Opens what has to be open; done again, it changes nothing. */
  connect(): Promise<void>
  disconnect(): Promise<void>
  status(): Promise<BrokerStatus>
  /** Where there is more to tell than the status. */
  session?(): Promise<BrokerSession>
  /** Where a person logs in every day: whether an account has no login that counts now. Nobody is asked for it. */
  needsLogin?(account_id: string): Promise<boolean>
  /** Places once by client id: asking again with the same id never makes a second order. Nothing is sent while disconnected, nor later. */
  placeOrder(request: PlaceRequest): Promise<OrderResult>
  modifyOrder(request: ModifyRequest): Promise<OrderResult>
  cancelOrder(id: OrderId): Promise<OrderResult>
  /** The order of a client id with its fills, or null where the broker says that it has none. */
  getOrder(id: OrderId): Promise<BrokerOrder | null>
  /** Working orders, also those that are not ours; a bracket's closing orders in the `legs` of its entry. One request an account. */
  openOrders(account_id: string): Promise<BrokerOrder[]>
  /** Executions at or after a moment, oldest first, with corrections of earlier ones and commissions told since. */
  executions(account_id: string, since: Date): Promise<BrokerExecution[]>
  balance(account_id: string): Promise<Balance>
  positions(account_id: string): Promise<BrokerPosition[]>
  margin(account_id: string): Promise<Margin>
  quote(instrument: InstrumentDocument): Promise<Quote | null>
  /** Where the broker knows it: what an instrument closed at on its last days, oldest first, today's not among them. */
  dailyCloses?(instrument: InstrumentDocument, days: number): Promise<DailyClose[]>
  /** Where the broker offers it; nothing is placed. */
  whatIf?(request: PlaceRequest): Promise<WhatIf>
  /** Sessions that overlap a stretch of time, oldest first. */
  calendar(instrument: InstrumentDocument, from: Date, to: Date): Promise<Session[]>
  /** Cash and position events at or after a moment, oldest first. */
  accountEvents(account_id: string, since: Date): Promise<AccountEvent[]>
  /** Where the broker moves cash between its own accounts when it is asked to; else a person does so there. */
  transferCash?(request: TransferRequest): Promise<TransferResult>
  /** Tells as it happens, until the function that it returns is called. Comes beside asking, never in its place. */
  stream?(accounts: readonly string[], onReport: (report: StreamReport) => void): Promise<() => Promise<void>>
}
