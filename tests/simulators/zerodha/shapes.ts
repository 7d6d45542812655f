// What Kite keeps and tells.

export interface Price {
  bid: number
  ask: number
  last: number
}

export interface Listed {
  exchange: string
  tradingsymbol: string
  instrument_token: number
  name: string
  expiry: string
  strike: number
  instrument_type: string
  segment: string
  lot_size: number
  tick_size: number
  /** Units of one of the exchange's lots, where quantities are lots. */
  multiplier: number
}

export interface Order {
  placed_by: string
  order_id: string
  exchange_order_id: string | null
  parent_order_id: null
  status: string
  status_message: string | null
  status_message_raw: string | null
  order_timestamp: string
  exchange_update_timestamp: string | null
  exchange_timestamp: string | null
  variety: string
  modified: boolean
  exchange: string
  tradingsymbol: string
  instrument_token: number
  order_type: string
  transaction_type: string
  validity: string
  validity_ttl: number
  product: string
  quantity: number
  disclosed_quantity: number
  price: number
  trigger_price: number
  average_price: number
  filled_quantity: number
  pending_quantity: number
  cancelled_quantity: number
  market_protection: number
  meta: object
  tag: string | null
  tags?: string[]
  guid: string
}

export interface Trade {
  trade_id: string
  order_id: string
  exchange: string
  tradingsymbol: string
  instrument_token: number
  product: string
  average_price: number
  quantity: number
  exchange_order_id: string
  transaction_type: string
  fill_timestamp: string
  order_timestamp: string
  exchange_timestamp: string
}

export interface User {
  user_id: string
  cash: number
  holdings: { exchange: string; tradingsymbol: string; quantity: number; average_price: number }[]
  orders: Order[]
  trades: Trade[]
}

export interface World {
  now: () => Date
  priceOf(exchange: string, tradingsymbol: string): Price | null
  listed(exchange: string, tradingsymbol: string): Listed | null
  /** Told of every change of an order. */
  changed(user: User, order: Order): void
  /** At most so much of an order fills at once; the rest waits for the next price. */
  displayed(): number
  nextId(): number
}
