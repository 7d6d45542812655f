import { istStamp } from './ist.ts'
import { KiteError } from './kite-error.ts'
import type { Order, Trade, User, World } from './shapes.ts'

// The orders, trades and positions of one user, as Kite keeps them for a day.

const cents = (value: number): number => Math.round(value * 1e6) / 1e6

export const isOpen = ({ status }: Order): boolean => !['COMPLETE', 'CANCELLED', 'REJECTED'].includes(status)

export function placeOrder(world: World, user: User, form: Record<string, string>, variety: string): Order {
  const terms = checked(world, user, form)
  const at = istStamp(world.now())
  const order: Order = {
    placed_by: user.user_id,
    order_id: `${at.slice(2, 10).replaceAll('-', '')}${String(world.nextId()).padStart(9, '0')}`,
    exchange_order_id: `11${String(world.nextId()).padStart(14, '0')}`,
    parent_order_id: null,
    status: terms.order_type.startsWith('SL') ? 'TRIGGER PENDING' : 'OPEN',
    status_message: null,
    status_message_raw: null,
    order_timestamp: at,
    exchange_update_timestamp: at,
    exchange_timestamp: at,
    variety,
    modified: false,
    disclosed_quantity: 0,
    average_price: 0,
    filled_quantity: 0,
    pending_quantity: terms.quantity,
    cancelled_quantity: 0,
    meta: {},
    guid: `guid-${world.nextId()}`,
    validity_ttl: Number(form.validity_ttl ?? 0),
    ...terms,
    ...(terms.tag !== null && { tags: [terms.tag] }),
  }
  user.orders.push(order)
  const needed = marginNeeded(world, order)
  if (needed > available(world, user)) {
    Object.assign(order, {
      status: 'REJECTED',
      pending_quantity: 0,
      status_message: `Insufficient funds. Required margin is ${needed.toFixed(2)} but available margin is ${available(world, user).toFixed(2)}.`,
    })
    world.changed(user, order)
    return order
  }
  world.changed(user, order)
  work(world, user, order)
  if (order.validity === 'IOC' && isOpen(order)) end(world, user, order, 'CANCELLED')
  return order
}

const kinds = ['MARKET', 'LIMIT', 'SL', 'SL-M']

function checked(world: World, user: User, form: Record<string, string>) {
  const { exchange = '', tradingsymbol = '', transaction_type = '', order_type = '', product = '', validity = 'DAY' } = form
  const [quantity, price, trigger_price, market_protection] = [form.quantity, form.price, form.trigger_price, form.market_protection].map(
    text => Number(text ?? 0),
  ) as [number, number, number, number]
  const tag = form.tag ?? null
  const bad = (message: string) => new KiteError('InputException', message)
  const listed = world.listed(exchange, tradingsymbol)
  if (!listed) throw bad('The instrument you are placing an order for has either expired or does not exist.')
  if (!['BUY', 'SELL'].includes(transaction_type)) throw bad('Invalid `transaction_type`.')
  if (!kinds.includes(order_type)) throw bad('Invalid `order_type`.')
  if (!['CNC', 'MIS', 'NRML'].includes(product)) throw bad('Invalid `product`.')
  if (!['DAY', 'IOC', 'TTL'].includes(validity)) throw bad('Invalid `validity`.')
  if (!Number.isInteger(quantity) || quantity <= 0) throw bad('Invalid `quantity`.')
  if (quantity % listed.lot_size !== 0) throw bad(`Quantity must be a multiple of the lot size ${listed.lot_size}.`)
  if (tag !== null && !/^[A-Za-z0-9]{1,20}$/.test(tag)) throw bad('Invalid `tag`.')
  if ((order_type === 'LIMIT' || order_type === 'SL') && !(price > 0)) throw bad('Invalid `price`.')
  if (order_type.startsWith('SL') && !(trigger_price > 0)) throw bad('Invalid `trigger_price`.')
  const atMarket = order_type === 'MARKET' || order_type === 'SL-M'
  if (atMarket && market_protection === 0) throw bad('Market orders without market protection are not allowed via API.')
  if (product === 'CNC' && transaction_type === 'SELL' && quantity > sellable(user, exchange, tradingsymbol))
    throw new KiteError('HoldingException', 'Insufficient stock holding to place this order.')
  const { instrument_token } = listed
  return {
    exchange,
    tradingsymbol,
    instrument_token,
    transaction_type,
    order_type,
    product,
    validity,
    quantity,
    price,
    trigger_price,
    market_protection,
    tag,
  }
}

const sellable = (user: User, exchange: string, tradingsymbol: string): number => {
  const held = user.holdings.filter(each => each.tradingsymbol === tradingsymbol).reduce((total, { quantity }) => total + quantity, 0)
  return user.trades
    .filter(trade => trade.exchange === exchange && trade.tradingsymbol === tradingsymbol && trade.product === 'CNC')
    .reduce((total, { transaction_type, quantity }) => total + (transaction_type === 'BUY' ? quantity : -quantity), held)
}

const shareOfValue: Record<string, number> = { CNC: 1, MIS: 0.2, NRML: 0.15 }

function marginNeeded(world: World, { exchange, tradingsymbol, product, price, pending_quantity, transaction_type }: Order): number {
  if (product === 'CNC' && transaction_type === 'SELL') return 0
  const quoted = world.priceOf(exchange, tradingsymbol)
  const multiplier = world.listed(exchange, tradingsymbol)?.multiplier ?? 1
  return (price || (quoted?.ask ?? 0)) * pending_quantity * multiplier * (shareOfValue[product] ?? 1)
}

export function debits(world: World, user: User): number {
  return positionsOf(world, user).reduce(
    (total, { quantity, average_price, multiplier, product }) =>
      total + Math.abs(quantity) * average_price * multiplier * (shareOfValue[product] ?? 1),
    0,
  )
}

const available = (world: World, user: User): number => user.cash - debits(world, user)

/** Fills what the market gives an order now. */
export function work(world: World, user: User, order: Order): void {
  const quoted = world.priceOf(order.exchange, order.tradingsymbol)
  if (!quoted || !isOpen(order)) return
  const buys = order.transaction_type === 'BUY'
  if (order.status === 'TRIGGER PENDING') {
    const reached = buys ? quoted.last >= order.trigger_price : quoted.last <= order.trigger_price
    if (!reached) return
    order.status = 'OPEN'
    world.changed(user, order)
  }
  const offered = buys ? quoted.ask : quoted.bid
  const limited = order.order_type === 'LIMIT' || order.order_type === 'SL'
  if (limited && (buys ? offered > order.price : offered < order.price)) return
  while (isOpen(order)) {
    const quantity = Math.min(order.pending_quantity, world.displayed())
    fill(world, user, order, { quantity, price: offered })
    if (order.pending_quantity > 0 && world.displayed() < order.pending_quantity) return
  }
}

/** One execution of an order. */
export function fill(world: World, user: User, order: Order, { quantity, price }: { quantity: number; price: number }): void {
  const at = istStamp(world.now())
  user.trades.push({
    trade_id: String(10_000_000 + world.nextId()),
    order_id: order.order_id,
    exchange: order.exchange,
    tradingsymbol: order.tradingsymbol,
    instrument_token: order.instrument_token,
    product: order.product,
    average_price: price,
    quantity,
    exchange_order_id: order.exchange_order_id ?? '',
    transaction_type: order.transaction_type,
    fill_timestamp: at,
    order_timestamp: at.slice(11),
    exchange_timestamp: at,
  })
  order.average_price = cents((order.average_price * order.filled_quantity + price * quantity) / (order.filled_quantity + quantity))
  order.filled_quantity += quantity
  order.pending_quantity -= quantity
  order.exchange_update_timestamp = at
  if (order.pending_quantity === 0) order.status = 'COMPLETE'
  world.changed(user, order)
}

export function end(world: World, user: User, order: Order, status: 'CANCELLED' | 'REJECTED', message: string | null = null): void {
  Object.assign(order, { status, status_message: message, cancelled_quantity: order.pending_quantity, pending_quantity: 0 })
  order.exchange_update_timestamp = istStamp(world.now())
  world.changed(user, order)
}

/** Net positions of the day. */
export function positionsOf(world: World, user: User) {
  const groups = Map.groupBy(user.trades, ({ exchange, tradingsymbol, product }) => `${exchange}:${tradingsymbol}:${product}`)
  return [...groups.values()].flatMap(trades => {
    const [first] = trades
    if (!first) return []
    const of = (side: string) => trades.filter(({ transaction_type }) => transaction_type === side)
    const [buys, sells] = [total(of('BUY')), total(of('SELL'))]
    const quantity = buys.quantity - sells.quantity
    const sided = quantity >= 0 ? buys : sells
    const multiplier = world.listed(first.exchange, first.tradingsymbol)?.multiplier ?? 1
    const last_price = world.priceOf(first.exchange, first.tradingsymbol)?.last ?? 0
    const pnl = cents((sells.value - buys.value + quantity * last_price) * multiplier)
    return [
      {
        tradingsymbol: first.tradingsymbol,
        exchange: first.exchange,
        instrument_token: first.instrument_token,
        product: first.product,
        quantity,
        overnight_quantity: 0,
        multiplier,
        average_price: quantity === 0 || sided.quantity === 0 ? 0 : cents(sided.value / sided.quantity),
        close_price: 0,
        last_price,
        value: cents((sells.value - buys.value) * multiplier),
        pnl,
        m2m: pnl,
        unrealised: pnl,
        realised: 0,
        buy_quantity: buys.quantity,
        buy_value: cents(buys.value * multiplier),
        sell_quantity: sells.quantity,
        sell_value: cents(sells.value * multiplier),
        day_buy_quantity: buys.quantity,
        day_buy_value: cents(buys.value * multiplier),
        day_sell_quantity: sells.quantity,
        day_sell_value: cents(sells.value * multiplier),
      },
    ]
  })
}

const total = (trades: readonly Trade[]) => ({
  quantity: trades.reduce((whole, { quantity }) => whole + quantity, 0),
  value: trades.reduce((whole, { quantity, average_price }) => whole + quantity * average_price, 0),
})
