import { z } from 'zod'
import { sentence } from '../../../domain/errors.ts'
import type { FillReport } from '../../../messages/order.ts'
import { BrokerError, type BrokerExecution, type BrokerOrder, type OrderId, type PlaceRequest } from '../../broker.ts'
import { type Account, marketsOf } from '../account.ts'
import { spot } from '../capabilities.ts'
import type { Dialect } from '../dialect.ts'
import { feePaid, pricedFillOf, unpricedFillOf } from './fee-coins.ts'
import { spotCloses, spotQuote } from './market.ts'
import { bracket, grouped, oneOrder, ownerOf } from './spot-lists.ts'
import { leftAfterFee, spotAccountEvents, spotBalance, spotHolding, spotMargin, spotPositions } from './spot-money.ts'
import { brokerIdOf, fillsAtOnce, named, roleOf, SIDES, spotCall, spotMarket, toldSpot } from './spot-orders.ts'
import { spotStream } from './spot-stream.ts'
import { type OrderList, orderList, type SpotOrder, spotOrder, type Trade, trade } from './wire.ts'

/** Binance's spot market. */
export const binanceSpot: Dialect = {
  capabilities: spot,
  prepare: async () => undefined,
  place,
  cancel,
  get,
  open,
  executions,
  balance: spotBalance,
  positions: spotPositions,
  margin: spotMargin,
  quote: spotQuote,
  dailyCloses: spotCloses,
  accountEvents: spotAccountEvents,
  stream: (account, tell) => spotStream(account, tell),
}

async function place(account: Account, request: PlaceRequest): Promise<BrokerOrder> {
  const symbol = spotMarket(account, request.instrument)
  account.instrumentOf.set(symbol, request.instrument)
  account.symbolOf.set(request.client_order_id, symbol)
  account.symbols.add(symbol)
  const entersAtOnce = request.order_type === 'BRACKET' && request.limit_price === null
  const quote = entersAtOnce ? await spotQuote(account, request.instrument) : null
  if (entersAtOnce && !quote) throw new BrokerError(sentence('PRICE_UNAVAILABLE', { symbol }))
  const { endpoint, params } = spotCall(request, {
    symbol,
    market: quote && (request.action === 'BUY' ? quote.ask : quote.bid),
    closing: await leftAfterFee(account, request),
  })
  const answer = await account.session.send(endpoint, params)
  if (endpoint !== 'privatePostOrder') return placedList(account, orderList.parse(answer), request)
  // A market order that was only acknowledged tells neither its terms nor its fills.
  const order = spotOrder.parse({ ...requested(request), ...(answer as object) })
  const fills = fillsAtOnce(order, order.transactTime ?? account.now()).map(unpricedFillOf)
  return toldSpot(account, order, fills)
}

const requested = ({ quantity, action }: PlaceRequest) => ({
  origQty: quantity.toFixed(),
  executedQty: '0',
  status: 'NEW',
  type: 'MARKET',
  side: action,
})

async function placedList(account: Account, list: OrderList, { client_order_id, order_type }: PlaceRequest): Promise<BrokerOrder> {
  const whole = await assembled(account, list, { client_order_id, isOco: order_type === 'OCO' })
  if (!whole) throw new BrokerError(sentence('LIST_WITHOUT_ORDERS', { client_order_id }))
  return whole
}

/** The order of a list as we asked for it, from reports where they are there, else each asked for. */
async function assembled(
  account: Account,
  { orders, orderReports }: OrderList,
  { client_order_id, isOco }: { client_order_id: string; isOco: boolean },
): Promise<BrokerOrder | null> {
  const reports = new Map(orderReports?.map(report => [report.clientOrderId, report]))
  const members: BrokerOrder[] = []
  for (const { symbol, clientOrderId } of orders) {
    const report = reports.get(clientOrderId)
    // Reports tell no fills.
    const fresh = report?.executedQty.isZero() ? report : await asked(account, symbol, clientOrderId)
    if (fresh) members.push(await withFills(account, fresh))
  }
  if (isOco) return oneOrder(client_order_id, members)
  const entry = members.find(member => member.client_order_id === client_order_id)
  return entry
    ? bracket(
        entry,
        members.filter(({ role }) => role !== null),
      )
    : null
}

/** Null where the exchange has no such order. */
async function asked(account: Account, symbol: string, origClientOrderId: string): Promise<SpotOrder | null> {
  const answer = await account.session.find('privateGetOrder', { symbol, origClientOrderId })
  return answer === null ? null : spotOrder.parse(answer)
}

async function withFills(account: Account, order: SpotOrder): Promise<BrokerOrder> {
  return toldSpot(account, order, order.executedQty.gt(0) ? await fillsOf(account, order) : [])
}

async function fillsOf(account: Account, { symbol, orderId }: SpotOrder): Promise<FillReport[]> {
  const trades = z.array(trade).parse(await account.session.ask('privateGetMyTrades', { symbol, orderId }))
  return Promise.all(trades.map(each => pricedFillOf(account, each)))
}

async function get(account: Account, id: OrderId): Promise<BrokerOrder | null> {
  for (const symbol of await marketsOf(account, id)) {
    const order = await asked(account, symbol, id.client_order_id)
    if (order) return whole(account, order)
  }
  return id.order_type === undefined || id.order_type === 'OCO' ? listOf(account, id.client_order_id) : null
}

/** An order with the rest of its list, where it is the entry of one. */
async function whole(account: Account, order: SpotOrder): Promise<BrokerOrder> {
  const single = await withFills(account, order)
  if (order.orderListId < 0 || roleOf(order.clientOrderId) !== null) return single
  const list = orderList.parse(await account.session.ask('privateGetOrderList', { orderListId: order.orderListId }))
  const legs: BrokerOrder[] = []
  for (const { symbol, clientOrderId } of list.orders) {
    if (clientOrderId === order.clientOrderId) continue
    const leg = await asked(account, symbol, clientOrderId)
    if (leg) legs.push(await withFills(account, leg))
  }
  return bracket(single, legs)
}

/** An OCO has no order of its own id: its list has. */
async function listOf(account: Account, client_order_id: string): Promise<BrokerOrder | null> {
  const answer = await account.session.find('privateGetOrderList', { origClientOrderId: client_order_id })
  return answer === null ? null : assembled(account, orderList.parse(answer), { client_order_id, isOco: true })
}

async function cancel(account: Account, id: OrderId): Promise<void> {
  const [symbol] = await marketsOf(account, id)
  if (symbol === undefined) throw new BrokerError(sentence('UNKNOWN_ORDER', { client_order_id: id.client_order_id }))
  const isOco = id.order_type === 'OCO' || account.symbolOf.has(`${id.client_order_id}${SIDES.above}`)
  if (isOco) await account.session.send('privateDeleteOrderList', { symbol, listClientOrderId: id.client_order_id })
  // Canceling one order of a list cancels the list.
  else await account.session.send('privateDeleteOrder', { symbol, origClientOrderId: id.client_order_id })
}

async function open(account: Account): Promise<BrokerOrder[]> {
  const listed = z.array(spotOrder).parse(await account.session.ask('privateGetOpenOrders'))
  const told: BrokerOrder[] = []
  for (const order of listed) told.push(await withFills(account, order))
  const { whole: complete, orphans } = grouped(told)
  // The entry of closing orders that work has filled, and is not listed any more.
  for (const [owner, legs] of Map.groupBy(orphans, leg => ownerOf(leg.client_order_id ?? ''))) {
    const [symbol] = legs[0]?.broker_order_id.split(':') ?? []
    const entry = symbol === undefined ? null : await asked(account, symbol, owner)
    if (entry) complete.push(bracket(await withFills(account, entry), legs))
    else complete.push(...legs)
  }
  return complete
}

/** Trades of every market that the account is seen to use. While what it holds has not changed, nothing is asked again. */
async function executions(account: Account, since: Date): Promise<BrokerExecution[]> {
  const holding = await spotHolding(account)
  const known = account.traded
  if (known?.holding !== holding || known.since > since) {
    const found: BrokerExecution[] = []
    for (const symbol of account.symbols) found.push(...(await executionsIn(account, symbol, since)))
    account.traded = { holding, since, executions: found.toSorted((a, b) => a.time.getTime() - b.time.getTime()) }
  }
  return (account.traded?.executions ?? []).filter(({ time }) => time >= since)
}

const PAGE = 1000

async function executionsIn(account: Account, symbol: string, since: Date): Promise<BrokerExecution[]> {
  const trades: Trade[] = []
  for (let from: { startTime: number } | { fromId: string } = { startTime: Math.max(0, since.getTime()) }; ; ) {
    const page = z.array(trade).parse(await account.session.ask('privateGetMyTrades', { symbol, limit: PAGE, ...from }))
    trades.push(...page)
    const last = page.at(-1)
    if (!last || page.length < PAGE) break
    from = { fromId: String(BigInt(last.id) + 1n) }
  }
  await learnOwners(account, symbol, trades)
  const { instrument_id, symbol: own } = await named(account, symbol)
  const told: BrokerExecution[] = []
  for (const each of trades) {
    const broker_order_id = brokerIdOf(each)
    const client_order_id = account.clientIdOf.get(broker_order_id) ?? null
    told.push({
      ...(await pricedFillOf(account, each)),
      account_id: account.account_id,
      broker_order_id,
      // The sides of an OCO are one order of ours.
      client_order_id: client_order_id === null ? null : client_order_id.replace(/_(HI|LO)$/, ''),
      instrument_id,
      symbol: own,
      action: each.isBuyer ? 'BUY' : 'SELL',
    })
    told.push(...(await feePaid(account, each)))
  }
  return told
}

/** Trades do not tell the client ids of their orders: what is not remembered is looked up, all from the oldest in one question. */
async function learnOwners(account: Account, symbol: string, trades: readonly Trade[]): Promise<void> {
  const unknown = trades.filter(each => !account.clientIdOf.has(brokerIdOf(each))).map(({ orderId }) => BigInt(orderId))
  while (unknown.length > 0) {
    const oldest = unknown.reduce((least, each) => (each < least ? each : least))
    const orders = z
      .array(spotOrder)
      .parse(await account.session.ask('privateGetAllOrders', { symbol, orderId: String(oldest), limit: PAGE }))
    for (const order of orders) account.clientIdOf.set(brokerIdOf(order), order.clientOrderId)
    const newest = BigInt(orders.at(-1)?.orderId ?? oldest)
    const left = unknown.filter(each => each > newest)
    for (const each of unknown) {
      const key = brokerIdOf({ symbol, orderId: String(each) })
      if (each <= newest && !account.clientIdOf.has(key)) account.clientIdOf.set(key, null)
    }
    unknown.splice(0, unknown.length, ...left)
  }
}
