import { Decimal } from '../../../shared/domain/money/decimal.ts'

// What the exchange keeps: accounts, orders, trades, and a market of two prices in each symbol.

export const dec = (value: string | number): Decimal => new Decimal(value)
const NOTHING = dec(0)

export interface Rules {
  base: string
  quote: string
  tick: Decimal
  lot: Decimal
  minNotional: Decimal
}

export interface SimOrder {
  owner: string
  symbol: string
  orderId: number
  clientOrderId: string
  orderListId: number
  side: 'BUY' | 'SELL'
  type: string
  timeInForce: string
  price: Decimal
  origQty: Decimal
  executedQty: Decimal
  quoteQty: Decimal
  stopPrice: Decimal
  /** Of a trailing stop, as a fraction of the price. */
  trail: Decimal
  extreme: Decimal | null
  reduceOnly: boolean
  status: string
  time: number
  updateTime: number
  goodTillDate: number
  /** Of an OTO: works only once the entry has filled. */
  pending: boolean
  /** Of a conditional contract order. */
  algo: { algoId: number; status: string; actual: SimOrder | null } | null
}

export interface SimTrade {
  owner: string
  symbol: string
  id: number
  orderId: number
  price: Decimal
  qty: Decimal
  commission: Decimal
  commissionAsset: string
  realizedPnl: Decimal
  time: number
  isBuyer: boolean
  isMaker: boolean
}

export interface SimAccount {
  name: string
  apiKey: string
  secret: string
  balances: Map<string, Decimal>
  /** Contracts: signed quantity and average price. */
  positions: Map<string, { quantity: Decimal; entry: Decimal }>
  income: { tranId: number; symbol: string; incomeType: string; income: Decimal; asset: string; time: number }[]
  listenKey: string | null
  /** Whether it chose to pay fees on spot in BNB. */
  burnsBnb: boolean
}

export interface Lists {
  orderListId: number
  listClientOrderId: string
  contingencyType: string
  symbol: string
  owner: string
  time: number
}

export interface Book {
  contracts: boolean
  rules: Map<string, Rules>
  market: Map<string, { bid: Decimal; ask: Decimal }>
  accounts: SimAccount[]
  orders: SimOrder[]
  trades: SimTrade[]
  lists: Lists[]
  ids: { order: Map<string, number>; trade: Map<string, number>; list: number; algo: number; income: number }
  /** Told of every change, for the streams. */
  changed(order: SimOrder, what: { x: string; trade?: SimTrade }): void
  now(): number
}

export const isOpen = ({ status, algo }: SimOrder): boolean =>
  algo ? algo.status === 'NEW' : status === 'NEW' || status === 'PARTIALLY_FILLED' || status === 'PENDING_NEW'

export const nextId = (of: Map<string, number>, symbol: string): number => {
  const next = (of.get(symbol) ?? 0) + 1
  of.set(symbol, next)
  return next
}

export const FEE = dec('0.001')
export const LEVERAGE = 20

export const balanceOf = ({ balances }: SimAccount, asset: string): Decimal => balances.get(asset) ?? NOTHING

const move = (account: SimAccount, asset: string, amount: Decimal): void =>
  void account.balances.set(asset, balanceOf(account, asset).plus(amount))

/** What open orders tie up. */
export function lockedOf(book: Book, account: SimAccount, asset: string): Decimal {
  let locked = NOTHING
  for (const order of book.orders) {
    if (order.owner !== account.name || !isOpen(order) || order.pending) continue
    const { base, quote } = book.rules.get(order.symbol) ?? { base: '', quote: '' }
    const left = order.origQty.minus(order.executedQty)
    if (order.side === 'SELL' && base === asset) locked = locked.plus(left)
    if (order.side === 'BUY' && quote === asset) locked = locked.plus(left.times(order.price.isZero() ? order.stopPrice : order.price))
  }
  return locked
}

/** Executes a part of an order, and tells of it. */
export function execute(
  book: Book,
  order: SimOrder,
  { qty, price, isMaker }: { qty: Decimal; price: Decimal; isMaker: boolean },
): SimTrade {
  const account = book.accounts.find(({ name }) => name === order.owner)
  const rules = book.rules.get(order.symbol)
  if (!account || !rules) throw new Error('an order of nobody')
  const buys = order.side === 'BUY'
  const value = qty.times(price)
  const trade: SimTrade = {
    owner: order.owner,
    symbol: order.symbol,
    id: nextId(book.ids.trade, order.symbol),
    orderId: order.orderId,
    price,
    qty,
    ...feeOf(book, account, { buys, qty, value, rules }),
    realizedPnl: NOTHING,
    time: book.now(),
    isBuyer: buys,
    isMaker,
  }
  if (book.contracts) trade.realizedPnl = hold(account, order, { qty, price })
  else {
    move(account, rules.base, buys ? qty : qty.neg())
    move(account, rules.quote, buys ? value.neg() : value)
  }
  if (book.contracts)
    earn(book, account, { symbol: order.symbol, incomeType: 'REALIZED_PNL', income: trade.realizedPnl, asset: rules.quote })
  earn(book, account, { symbol: order.symbol, incomeType: 'COMMISSION', income: trade.commission.neg(), asset: trade.commissionAsset })
  order.executedQty = order.executedQty.plus(qty)
  order.quoteQty = order.quoteQty.plus(value)
  order.status = order.executedQty.gte(order.origQty) ? 'FILLED' : 'PARTIALLY_FILLED'
  order.updateTime = book.now()
  book.trades.push(trade)
  book.changed(order, { x: 'TRADE', trade })
  return trade
}

interface Paid {
  buys: boolean
  qty: Decimal
  value: Decimal
  rules: Rules
}

/** On spot a fee is taken out of what is received, or in BNB where the account chose so and has some. */
function feeOf(book: Book, account: SimAccount, { buys, qty, value, rules: { base, quote } }: Paid) {
  if (book.contracts) return { commission: value.times(FEE), commissionAsset: quote }
  const bnb = book.market.get('BNBUSDT')
  if (account.burnsBnb && bnb && balanceOf(account, 'BNB').gt(0))
    return { commission: value.times(FEE).div(bnb.bid).toDecimalPlaces(8), commissionAsset: 'BNB' }
  // Fees are told to 8 places, cut off.
  const fee = (buys ? qty : value).times(FEE).toDecimalPlaces(8, Decimal.ROUND_DOWN)
  return { commission: fee, commissionAsset: buys ? base : quote }
}

function earn(book: Book, account: SimAccount, income: Omit<SimAccount['income'][number], 'tranId' | 'time'>): void {
  move(account, income.asset, income.income)
  if (income.income.isZero()) return
  book.ids.income += 1
  account.income.push({ ...income, tranId: book.ids.income, time: book.now() })
}

/** Changes a position in a contract; what that earned. */
function hold(account: SimAccount, { symbol, side }: SimOrder, { qty, price }: { qty: Decimal; price: Decimal }): Decimal {
  const { quantity, entry } = account.positions.get(symbol) ?? { quantity: NOTHING, entry: NOTHING }
  const signed = side === 'BUY' ? qty : qty.neg()
  const next = quantity.plus(signed)
  const opens = quantity.isZero() || quantity.isNegative() === signed.isNegative()
  const closed = opens ? NOTHING : Decimal.min(quantity.abs(), qty).times(quantity.isNegative() ? -1 : 1)
  const average = opens
    ? quantity.times(entry).plus(signed.times(price)).div(next)
    : next.isNegative() === quantity.isNegative()
      ? entry
      : price
  if (next.isZero()) account.positions.delete(symbol)
  else account.positions.set(symbol, { quantity: next, entry: average })
  return closed.times(price.minus(entry))
}
