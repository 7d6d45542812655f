import type { Order, Trade } from 'ccxt'
import { sentence } from '../../domain/errors.ts'
import { Decimal, sum, ZERO } from '../../domain/money/decimal.ts'
import type { InstrumentDocument } from '../../messages/instrument.ts'
import type { FillReport } from '../../messages/order.ts'
import {
  BrokerError,
  type BrokerExecution,
  type BrokerOrder,
  type BrokerOrderStatus,
  type BrokerPosition,
  type OrderId,
  type PlaceRequest,
} from '../broker.ts'
import { noTerms } from '../order-terms.ts'
import { type Account, remember } from './account.ts'
import { timeInForceOf } from './binance/terms.ts'
import { common } from './capabilities.ts'
import type { Dialect } from './dialect.ts'

/**
 * Any exchange in the words that ccxt has for all: market and limit orders on spot. Stops are watched from here, where the strategy allows.
 * Numbers are ccxt's texts; where an exchange tells numbers in JSON, the shortest decimal text of each.
 */
export const unified: Dialect = {
  capabilities: common,
  prepare: async ({ session }) => void (await session.work('loadMarkets', exchange => exchange.loadMarkets())),
  place,
  cancel: async (account, id) => {
    const order = await found(account, id)
    if (!order) throw new BrokerError(sentence('UNKNOWN_ORDER', { client_order_id: id.client_order_id }))
    await account.session.exchange.cancelOrder(String(order.id), order.symbol)
  },
  get: async (account, id) => {
    const order = await found(account, id)
    return order && withFills(account, order)
  },
  open: async account => {
    const orders = await account.session.work('fetchOpenOrders', exchange => exchange.fetchOpenOrders())
    const told: BrokerOrder[] = []
    for (const order of orders) told.push(await withFills(account, order))
    return told
  },
  executions,
  balance: async account => {
    const held = await positions(account)
    const { free, total } = await cash(account)
    return {
      account_id: account.account_id,
      equity: total.plus(sum(held.map(({ quantity, current_price }) => quantity.times(current_price)))),
      cash: total,
      margin_used: ZERO,
      margin_available: free,
      unrealized_pnl: ZERO,
      realized_pnl: ZERO,
    }
  },
  positions,
  margin: async account => ({ account_id: account.account_id, initial: ZERO, maintenance: ZERO, available: (await cash(account)).free }),
  quote: async (account, instrument) => {
    const { bid, ask, last, timestamp } = await account.session.work('fetchTicker', exchange =>
      exchange.fetchTicker(marketName(instrument)),
    )
    if (!bid || !ask) return null
    return { bid: exact(bid), ask: exact(ask), last: exact(last ?? bid), as_of: timestamp ? new Date(timestamp) : account.now() }
  },
  dailyCloses: async (account, instrument, days) => {
    const candles = await account.session.work('fetchOHLCV', exchange =>
      exchange.fetchOHLCV(marketName(instrument), '1d', undefined, days + 1),
    )
    const today = account.now().toISOString().slice(0, 10)
    return candles
      .map(([at, , , , close]) => ({ day: new Date(Number(at)).toISOString().slice(0, 10), close: exact(close) }))
      .filter(({ day }) => day < today)
      .slice(-days)
  },
  accountEvents: async () => [],
}

const exact = (value: unknown): Decimal => new Decimal(String(value ?? 0))

/** ccxt's own name of an instrument's market. */
const marketName = ({ broker_symbols, symbol }: InstrumentDocument): string => broker_symbols.ccxt ?? symbol

async function place(account: Account, request: PlaceRequest): Promise<BrokerOrder> {
  const { action, quantity, order_type, limit_price, client_order_id, instrument } = request
  const market = marketName(instrument)
  account.symbolOf.set(client_order_id, market)
  account.instrumentOf.set(market, instrument)
  account.symbols.add(market)
  const params = { clientOrderId: client_order_id, ...(order_type === 'LIMIT' && { timeInForce: timeInForceOf(request) }) }
  const side = action === 'BUY' ? 'buy' : 'sell'
  // Its numbers may be texts: they reach the request digit for digit.
  const [amount, price] = [quantity.toFixed() as unknown as number, (limit_price?.toFixed() ?? undefined) as unknown as number | undefined]
  const answer = await account.session.exchange.createOrder(
    market,
    order_type === 'LIMIT' ? 'limit' : 'market',
    side,
    amount,
    price,
    params,
  )
  return told(account, { ...answer, symbol: market, clientOrderId: answer.clientOrderId ?? client_order_id }, [], request)
}

/** Not every exchange finds an order by our id: the lists of a market do. */
async function found(account: Account, id: OrderId): Promise<Order | null> {
  const { session } = account
  const market = account.symbolOf.get(id.client_order_id) ?? (id.instrument_id && (await account.names.byId(id.instrument_id)))
  const markets = market ? [typeof market === 'string' ? market : marketName(market)] : [...account.symbols]
  for (const each of markets) {
    for (const list of ['fetchOpenOrders', 'fetchClosedOrders', 'fetchCanceledOrders', 'fetchOrders'] as const) {
      if (!session.exchange.has[list]) continue
      const orders = await session.work(list, exchange => exchange[list](each))
      const own = orders.find(({ clientOrderId }) => clientOrderId === id.client_order_id)
      if (own) return own
    }
  }
  return null
}

const statuses: Record<string, BrokerOrderStatus> = {
  open: 'SUBMITTED',
  closed: 'FILLED',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  rejected: 'REJECTED',
  failed: 'REJECTED',
  canceling: 'CANCEL_PENDING',
}

/** Kraken says 0 where nobody gave an id. */
const clientIdOf = ({ clientOrderId }: Pick<Order, 'clientOrderId'>): string | null =>
  clientOrderId && clientOrderId !== '0' ? clientOrderId : null

/** What a closed order did not fill, it never will. */
function statusOf({ status, filled, amount }: Order): BrokerOrderStatus {
  const told = statuses[status ?? 'open'] ?? 'SUBMITTED'
  if (told === 'FILLED' && amount && exact(filled).lt(exact(amount))) return 'CANCELED'
  return told === 'SUBMITTED' && exact(filled).gt(0) ? 'PARTIALLY_FILLED' : told
}

async function told(account: Account, order: Order, fills: FillReport[], asked?: PlaceRequest): Promise<BrokerOrder> {
  const filled_qty = exact(order.filled)
  const client_order_id = clientIdOf(order)
  const [broker_order_id, market] = [String(order.id), String(order.symbol)]
  remember(account, { symbol: market, client_order_id, broker_order_id })
  return {
    account_id: account.account_id,
    broker_order_id,
    client_order_id,
    ...(await named(account, market)),
    action: (order.side ?? asked?.action.toLowerCase()) === 'sell' ? 'SELL' : 'BUY',
    quantity: order.amount ? exact(order.amount) : (asked?.quantity ?? filled_qty),
    order_type: String(order.type ?? asked?.order_type ?? 'MARKET').toUpperCase(),
    time_in_force: order.timeInForce ?? 'GTC',
    ...noTerms,
    limit_price: order.price && order.type === 'limit' ? exact(order.price) : null,
    status: statusOf(order),
    filled_qty,
    reason: null,
    fills,
    role: null,
    legs: [],
    updated_at: new Date(order.lastUpdateTimestamp ?? order.lastTradeTimestamp ?? order.timestamp ?? account.now().getTime()),
  }
}

async function named(account: Account, market: string): Promise<{ instrument_id: string; symbol: string }> {
  const known = account.instrumentOf.get(market) ?? (await account.names.bySymbol('ccxt', market))
  return known ? { instrument_id: known.instrument_id, symbol: known.symbol } : { instrument_id: `ccxt:${market}`, symbol: market }
}

async function withFills(account: Account, order: Order): Promise<BrokerOrder> {
  if (!exact(order.filled).gt(0)) return told(account, order, [])
  const since = order.timestamp ?? undefined
  const trades = await account.session.work('fetchMyTrades', exchange => exchange.fetchMyTrades(order.symbol, since))
  return told(
    account,
    order,
    trades.filter(each => each.order === order.id).map(each => fillOf(account, each)),
  )
}

function fillOf(account: Account, { id, symbol, order, price, amount, fee, timestamp }: Trade): FillReport {
  const [base, quote, settled] = String(symbol).split(/[/:]/)
  const cost = exact(fee?.cost)
  // A fee in the traded coin is counted by what that was worth, and is gone from what is held.
  const inKind = settled === undefined && fee?.currency !== undefined && fee.currency === base && !cost.isZero()
  return {
    execution_id: `${symbol}:${id ?? order}`,
    price: exact(price),
    quantity: exact(amount),
    time: new Date(timestamp ?? account.now().getTime()),
    commission: inKind ? cost.times(exact(price)) : cost,
    commission_currency: inKind ? (quote ?? account.currency) : (fee?.currency ?? account.currency),
    ...(inKind && { fee_quantity: cost }),
    ...(fee?.cost === undefined && { commission_pending: true }),
  }
}

async function executions(account: Account, since: Date): Promise<BrokerExecution[]> {
  const told: BrokerExecution[] = []
  for (const market of account.symbols) {
    const trades = await account.session.work('fetchMyTrades', exchange => exchange.fetchMyTrades(market, since.getTime()))
    if (trades.some(({ order }) => !account.clientIdOf.has(order ?? ''))) await learnOwners(account, market)
    for (const each of trades) {
      const execution: BrokerExecution = {
        ...fillOf(account, each),
        account_id: account.account_id,
        broker_order_id: each.order ?? '',
        client_order_id: account.clientIdOf.get(each.order ?? '') ?? null,
        ...(await named(account, market)),
        action: each.side === 'sell' ? 'SELL' : 'BUY',
      }
      if (execution.time >= since) told.push(execution)
    }
  }
  return told.toSorted((a, b) => a.time.getTime() - b.time.getTime())
}

async function learnOwners(account: Account, market: string): Promise<void> {
  const { exchange } = account.session
  const list = exchange.has.fetchOrders ? ('fetchOrders' as const) : ('fetchClosedOrders' as const)
  for (const order of await account.session.work(list, one => one[list](market)))
    account.clientIdOf.set(String(order.id), clientIdOf(order))
}

async function read({ session }: Account): Promise<[coin: string, total: Decimal, free: Decimal][]> {
  const held = await session.work('fetchBalance', exchange => exchange.fetchBalance())
  const [total, free] = [held.total, held.free].map(amounts => amounts as unknown as Record<string, unknown>)
  return Object.entries(total ?? {}).map(([coin, amount]) => [coin, exact(amount), exact(free?.[coin])])
}

const isCash = ({ currency, session }: Account, coin: string) => coin === currency || session.connection.cash_assets.includes(coin)

async function cash(account: Account): Promise<{ total: Decimal; free: Decimal }> {
  const coins = (await read(account)).filter(([coin]) => isCash(account, coin))
  return { total: sum(coins.map(([, total]) => total)), free: sum(coins.map(([, , free]) => free)) }
}

async function positions(account: Account): Promise<BrokerPosition[]> {
  const against = account.session.connection.cash_assets[0] ?? account.currency
  const held: BrokerPosition[] = []
  for (const [coin, quantity] of await read(account)) {
    if (quantity.isZero() || isCash(account, coin)) continue
    const market = `${coin}/${against}`
    const known = Object.hasOwn(account.session.exchange.markets ?? {}, market)
    if (known) account.symbols.add(market)
    const ticker = known ? await account.session.work('fetchTicker', exchange => exchange.fetchTicker(market)) : null
    const price = exact(ticker?.last)
    held.push({
      account_id: account.account_id,
      ...(await named(account, market)),
      side: 'LONG',
      quantity,
      // What it cost is nowhere told in common words.
      avg_price: price,
      current_price: price,
      unrealized_pnl: ZERO,
    })
  }
  return held
}
