import { Decimal, ZERO } from '../../../shared/domain/money/decimal.ts'

// What the simulated Alpaca holds: instruments with their quotes, accounts with their books.

export interface Touch {
  bid: Decimal
  ask: Decimal
  at: Date
}

export type Side = 'buy' | 'sell'

export interface SimOrder {
  id: string
  client_order_id: string
  symbol: string
  asset_class: 'us_equity' | 'us_option' | 'crypto'
  qty: Decimal
  filled_qty: Decimal
  filled_value: Decimal
  order_class: string
  type: string
  side: Side
  position_intent: string | null
  time_in_force: string
  limit_price: Decimal | null
  stop_price: Decimal | null
  trail_price: Decimal | null
  trail_percent: Decimal | null
  /** Highest (for a sale) or lowest price since it rests. */
  hwm: Decimal | null
  triggered: boolean
  status: string
  extended_hours: boolean
  legs: SimOrder[]
  parent: SimOrder | null
  replaces: string | null
  replaced_by: string | null
  created_at: Date
  updated_at: Date
  filled_at: Date | null
  canceled_at: Date | null
  expired_at: Date | null
  failed_at: Date | null
  replaced_at: Date | null
}

export interface SimPosition {
  symbol: string
  asset_class: SimOrder['asset_class']
  /** Signed. */
  qty: Decimal
  avg_entry_price: Decimal
}

export interface SimActivity {
  id: string
  activity_type: string
  /** When it happened, by which it is listed. */
  at: Date
  fields: Record<string, unknown>
}

export interface SimAccount {
  key_id: string
  secret: string
  currency: string
  cash: Decimal
  /** 1 for a cash account, 2 or 4 where Alpaca lends. */
  multiplier: number
  blocked: boolean
  orders: SimOrder[]
  positions: Map<string, SimPosition>
  activities: SimActivity[]
}

export interface World {
  now: () => Date
  accounts: Map<string, SimAccount>
  touches: Map<string, Touch>
  /** Daily closes by symbol, oldest first. */
  closes: Map<string, { day: string; close: string }[]>
  /** Whether shares trade now; coins always do. */
  open: boolean
  /** In how many pieces an order fills. */
  pieces: number
  /** Pieces that fill at once; the others wait for the next price. */
  pieces_at_once: number
  /** Told of every event of an order. */
  tell(account: SimAccount, event: TradeEvent): void
}

export interface TradeEvent {
  event: string
  order: SimOrder
  at: Date
  fill?: { execution_id: string; price: Decimal; qty: Decimal; position_qty: Decimal }
}

export const isCoin = (symbol: string): boolean => symbol.includes('/')
const isOption = (symbol: string): boolean => /^[A-Z]{1,6}\d{6}[CP]\d{8}$/.test(symbol)
export const classOf = (symbol: string): SimOrder['asset_class'] =>
  isCoin(symbol) ? 'crypto' : isOption(symbol) ? 'us_option' : 'us_equity'
export const multiplierOf = (symbol: string): number => (isOption(symbol) ? 100 : 1)

/** Coins and options are paid whole; shares take half where Alpaca lends. */
const marginShare = ({ multiplier }: SimAccount, symbol: string): number => (multiplier > 1 && classOf(symbol) === 'us_equity' ? 0.5 : 1)

const mid = ({ bid, ask }: Touch): Decimal => bid.plus(ask).div(2)

export const priceOf = (world: World, { symbol, avg_entry_price }: SimPosition): Decimal => {
  const touch = world.touches.get(symbol)
  return touch ? mid(touch) : avg_entry_price
}

export const marketValue = (world: World, position: SimPosition): Decimal =>
  position.qty.times(priceOf(world, position)).times(multiplierOf(position.symbol))

export interface Standing {
  equity: Decimal
  initial_margin: Decimal
  maintenance_margin: Decimal
  buying_power: Decimal
  long_market_value: Decimal
  short_market_value: Decimal
}

export function standing(world: World, account: SimAccount): Standing {
  const held = [...account.positions.values()]
  const values = held.map(position => marketValue(world, position))
  const total = values.reduce((sum, value) => sum.plus(value), ZERO)
  const equity = account.cash.plus(total)
  const initial_margin = held.reduce(
    (sum, position, index) => sum.plus((values[index] ?? ZERO).abs().times(marginShare(account, position.symbol))),
    ZERO,
  )
  return {
    equity,
    initial_margin,
    maintenance_margin: initial_margin.times('0.6'),
    buying_power: Decimal.max(ZERO, equity.minus(initial_margin).times(account.multiplier)),
    long_market_value: values.filter(value => value.gt(0)).reduce((sum, value) => sum.plus(value), ZERO),
    short_market_value: values.filter(value => value.lt(0)).reduce((sum, value) => sum.plus(value), ZERO),
  }
}

const working = new Set(['new', 'accepted', 'held', 'partially_filled', 'pending_cancel', 'pending_replace', 'pending_new'])
export const isOpen = ({ status }: SimOrder): boolean => working.has(status)
