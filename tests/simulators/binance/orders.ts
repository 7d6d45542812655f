import type { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type Book, balanceOf, dec, isOpen, LEVERAGE, lockedOf, nextId, type Rules, type SimAccount, type SimOrder } from './book.ts'
import { refuse } from './refusals.ts'
import { needed } from './requests.ts'

export const rulesOf = ({ rules }: Book, symbol: string): Rules => rules.get(symbol) ?? refuse(-1121, 'Invalid symbol.')

const isMultiple = (value: Decimal, step: Decimal) => value.mod(step).isZero()

export interface Terms {
  symbol: string
  side: 'BUY' | 'SELL'
  type: string
  quantity: Decimal
  price?: Decimal
  stopPrice?: Decimal
  trail?: Decimal
  timeInForce?: string
  clientOrderId: string
  reduceOnly?: boolean
  goodTillDate?: number
}

/** Filters of a market, and whether the account can pay. */
export function judge(book: Book, account: SimAccount, { symbol, side, quantity, price, stopPrice, reduceOnly }: Terms): void {
  const rules = rulesOf(book, symbol)
  const market = book.market.get(symbol)
  if (!quantity.gt(0)) refuse(-1013, 'Invalid quantity.')
  if (!isMultiple(quantity, rules.lot)) refuse(-1013, 'Filter failure: LOT_SIZE')
  for (const each of [price, stopPrice]) if (each && !isMultiple(each, rules.tick)) refuse(-1013, 'Filter failure: PRICE_FILTER')
  const at = price ?? stopPrice ?? (side === 'BUY' ? market?.ask : market?.bid) ?? refuse(-1013, 'Market is closed.')
  const value = quantity.times(at)
  if (value.lt(rules.minNotional) && !reduceOnly) refuseSmall(book, rules)
  if (book.contracts) judgeMargin(book, account, { symbol, side, quantity, value, reduceOnly: reduceOnly === true })
  else judgeCoins(book, account, { rules, side, quantity, value })
}

function refuseSmall({ contracts }: Book, { minNotional }: Rules): never {
  if (contracts) return refuse(-4164, `Order's notional must be no smaller than ${minNotional} (unless you choose reduce only).`)
  return refuse(-1013, 'Filter failure: NOTIONAL')
}

function judgeCoins(
  book: Book,
  account: SimAccount,
  { rules, side, quantity, value }: Pick<Judged, 'side' | 'quantity' | 'value'> & { rules: Rules },
): void {
  const asset = side === 'BUY' ? rules.quote : rules.base
  const has = balanceOf(account, asset).minus(lockedOf(book, account, asset))
  if (has.lt(side === 'BUY' ? value : quantity)) refuse(-2010, 'Account has insufficient balance for requested action.')
}

interface Judged {
  symbol: string
  side: 'BUY' | 'SELL'
  quantity: Decimal
  value: Decimal
  reduceOnly: boolean
}

function judgeMargin(book: Book, account: SimAccount, { symbol, side, value, reduceOnly }: Judged): void {
  const held = account.positions.get(symbol)?.quantity
  const closes = held !== undefined && held.isNegative() === (side === 'BUY')
  if (reduceOnly && !closes) refuse(-2022, 'ReduceOnly Order is rejected.')
  if (!closes && marginOf(book, account).available.lt(value.div(LEVERAGE))) refuse(-2019, 'Margin is insufficient.')
}

/** Of an account of contracts, in the coin that all of them are settled in. */
export function marginOf(book: Book, account: SimAccount) {
  let [unrealized, initial] = [dec(0), dec(0)]
  for (const [symbol, { quantity, entry }] of account.positions) {
    const mark = book.market.get(symbol)?.bid ?? entry
    unrealized = unrealized.plus(quantity.times(mark.minus(entry)))
    initial = initial.plus(quantity.abs().times(mark).div(LEVERAGE))
  }
  const wallet = balanceOf(account, 'USDT')
  const equity = wallet.plus(unrealized)
  return { wallet, unrealized, equity, initial, maintenance: initial.div(4), available: equity.minus(initial) }
}

export function newOrder(book: Book, account: SimAccount, terms: Terms, more: Partial<SimOrder> = {}): SimOrder {
  const open = book.orders.some(each => each.owner === account.name && isOpen(each) && each.clientOrderId === terms.clientOrderId)
  if (open && book.contracts) refuse(-4116, 'ClientOrderId is duplicated.')
  if (open) refuse(-2010, 'Duplicate order sent.')
  const order: SimOrder = {
    owner: account.name,
    symbol: terms.symbol,
    orderId: more.algo ? 0 : nextId(book.ids.order, terms.symbol),
    clientOrderId: terms.clientOrderId,
    orderListId: -1,
    side: terms.side,
    type: terms.type,
    timeInForce: terms.timeInForce ?? 'GTC',
    price: terms.price ?? dec(0),
    origQty: terms.quantity,
    executedQty: dec(0),
    quoteQty: dec(0),
    stopPrice: terms.stopPrice ?? dec(0),
    trail: terms.trail ?? dec(0),
    extreme: null,
    reduceOnly: terms.reduceOnly ?? false,
    status: 'NEW',
    time: book.now(),
    updateTime: book.now(),
    goodTillDate: terms.goodTillDate ?? 0,
    pending: false,
    algo: null,
    ...more,
  }
  book.orders.push(order)
  book.changed(order, { x: 'NEW' })
  return order
}

const optional = (params: URLSearchParams, name: string): Decimal | undefined => {
  const value = params.get(name)
  return value === null || value === '' ? undefined : dec(value)
}

export const sideOf = (params: URLSearchParams, name = 'side'): 'BUY' | 'SELL' => {
  const side = needed(params, name)
  return side === 'BUY' || side === 'SELL' ? side : refuse(-1117, 'Invalid side.')
}

const priced = new Set(['LIMIT', 'LIMIT_MAKER', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT_LIMIT', 'STOP'])
const stopped = new Set(['STOP_LOSS_LIMIT', 'STOP', 'STOP_MARKET'])

/** An order's terms out of a request's parameters; those that its type cannot do without must be there. */
export function termsOf(params: URLSearchParams, { id, stop, known }: { id: string; stop: string; known: ReadonlySet<string> }): Terms {
  const type = needed(params, 'type')
  if (!known.has(type)) refuse(-1116, 'Invalid orderType.')
  if (priced.has(type)) needed(params, 'price')
  if (type === 'LIMIT' || type === 'STOP_LOSS_LIMIT') needed(params, 'timeInForce')
  if (stopped.has(type)) needed(params, stop)
  if (type === 'STOP_LOSS' && !params.has('trailingDelta')) needed(params, stop)
  const delta = optional(params, 'trailingDelta')
  const rate = optional(params, 'callbackRate')
  const trail = delta?.div(10_000) ?? rate?.div(100)
  const price = optional(params, 'price')
  const stopPrice = optional(params, stop)
  return {
    symbol: needed(params, 'symbol'),
    side: sideOf(params),
    type,
    quantity: dec(needed(params, 'quantity')),
    ...(price && { price }),
    ...(stopPrice && { stopPrice }),
    ...(trail && { trail }),
    timeInForce: params.get('timeInForce') ?? 'GTC',
    clientOrderId: params.get(id) ?? `web_${Math.random().toString(36).slice(2)}`,
    reduceOnly: params.get('reduceOnly') === 'true',
    goodTillDate: Number(params.get('goodTillDate') ?? 0),
  }
}

export const findOrder = (book: Book, account: SimAccount, params: URLSearchParams, code: number): SimOrder => {
  const symbol = needed(params, 'symbol')
  const [orderId, client] = [params.get('orderId'), params.get('origClientOrderId')]
  if (orderId === null && client === null) refuse(-1102, "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!")
  const own = book.orders.filter(each => each.owner === account.name && each.symbol === symbol && !each.algo)
  const found = own.findLast(each => (orderId === null ? each.clientOrderId === client : String(each.orderId) === orderId))
  return found ?? refuse(code, code === -2011 ? 'Unknown order sent.' : 'Order does not exist.')
}
