import type { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type Book, balanceOf, dec, execute, isOpen, nextId, type SimOrder } from './book.ts'

const buys = ({ side }: SimOrder) => side === 'BUY'

function end(book: Book, order: SimOrder, status: string): void {
  if (order.algo) order.algo.status = status
  order.status = status
  order.updateTime = book.now()
  book.changed(order, { x: status })
}

const siblings = (book: Book, order: SimOrder): SimOrder[] =>
  order.orderListId < 0
    ? []
    : book.orders.filter(each => each.orderListId === order.orderListId && each.owner === order.owner && each !== order)

/** Cancels an order, and with it the list that it is of. */
export function cancel(book: Book, order: SimOrder): void {
  end(book, order, 'CANCELED')
  for (const other of siblings(book, order)) if (isOpen(other)) end(book, other, 'CANCELED')
}

function hasCoinsFor(book: Book, { owner, symbol, side, origQty }: SimOrder): boolean {
  const account = book.accounts.find(({ name }) => name === owner)
  const base = book.rules.get(symbol)?.base
  return side === 'BUY' || (account !== undefined && base !== undefined && balanceOf(account, base).gte(origQty))
}

/** What follows from an order's end: pending orders begin to work, the other side of an OCO ends. */
function follow(book: Book, order: SimOrder): void {
  if (order.status !== 'FILLED') return
  for (const other of siblings(book, order)) {
    // What an entry's fee took cannot be sold again.
    if (other.pending && !hasCoinsFor(book, other)) end(book, other, 'EXPIRED')
    else if (other.pending) {
      other.pending = false
      other.status = 'NEW'
      other.updateTime = book.now()
    } else if (isOpen(other)) end(book, other, 'EXPIRED')
  }
}

const fillWhole = (book: Book, order: SimOrder, terms: { price: Decimal; isMaker: boolean }): void => {
  execute(book, order, { ...terms, qty: order.origQty.minus(order.executedQty) })
  follow(book, order)
}

const waits = ({ type }: SimOrder) => /STOP|TAKE_PROFIT/.test(type)
const hasLimit = ({ type }: SimOrder) => type === 'LIMIT' || type === 'LIMIT_MAKER' || type === 'STOP_LOSS_LIMIT' || type === 'STOP'

/** Works an order against the market as it stands; `arrives` for one that was just given. */
export function work(book: Book, order: SimOrder, arrives = false): void {
  const market = book.market.get(order.symbol)
  if (!market || order.pending || !isOpen(order)) return
  if (waits(order) && !isReached(order, market.bid)) return
  if (order.algo) {
    trigger(book, order)
    return
  }
  const price = buys(order) ? market.ask : market.bid
  const takes = !hasLimit(order) || (buys(order) ? market.ask.lte(order.price) : market.bid.gte(order.price))
  if (takes) fillWhole(book, order, { price: arrives || !hasLimit(order) ? price : order.price, isMaker: !arrives })
  else if (order.timeInForce === 'IOC' || order.timeInForce === 'FOK') end(book, order, 'EXPIRED')
}

function isReached(order: SimOrder, last: Decimal): boolean {
  if (order.trail.gt(0)) {
    const { extreme } = order
    order.extreme = !extreme || (buys(order) ? last.lt(extreme) : last.gt(extreme)) ? last : extreme
    const distance = order.extreme.times(order.trail)
    return buys(order) ? last.gte(order.extreme.plus(distance)) : last.lte(order.extreme.minus(distance))
  }
  return buys(order) ? last.gte(order.stopPrice) : last.lte(order.stopPrice)
}

/** A conditional contract order becomes another one, with an id of the matching engine. */
function trigger(book: Book, order: SimOrder): void {
  if (!order.algo) return
  const limited = order.type === 'STOP'
  const actual: SimOrder = {
    ...order,
    orderId: nextId(book.ids.order, order.symbol),
    clientOrderId: `algo_${order.algo.algoId}`,
    type: limited ? 'LIMIT' : 'MARKET',
    stopPrice: dec(0),
    trail: dec(0),
    status: 'NEW',
    time: book.now(),
    updateTime: book.now(),
    algo: null,
  }
  order.algo.status = 'TRIGGERED'
  order.algo.actual = actual
  book.orders.push(actual)
  book.changed(order, { x: 'TRIGGERED' })
  book.changed(actual, { x: 'NEW' })
  work(book, actual, true)
  if (!isOpen(actual)) order.algo.status = 'FINISHED'
}

/** The market moves: everything that rests is looked at. */
export function priced(book: Book, symbol: string, bid: Decimal, ask: Decimal): void {
  book.market.set(symbol, { bid, ask })
  for (const order of [...book.orders]) if (order.symbol === symbol) work(book, order)
}
