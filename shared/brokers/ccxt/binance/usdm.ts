import { z } from 'zod'
import { sentence } from '../../../domain/errors.ts'
import type { FillReport } from '../../../messages/order.ts'
import { BrokerError, type BrokerExecution, type BrokerOrder, type ModifyRequest, type OrderId, type PlaceRequest } from '../../broker.ts'
import { type Account, marketOf, marketsOf } from '../account.ts'
import { usdm } from '../capabilities.ts'
import type { Dialect } from '../dialect.ts'
import { pricedContractFillOf } from './fee-coins.ts'
import { usdmCloses, usdmQuote } from './market.ts'
import { usdmAccountEvents, usdmBalance, usdmMargin, usdmPositions } from './usdm-money.ts'
import { isConditional, namedContract, toldAlgo, toldUsdm, usdmCall, usdmId } from './usdm-orders.ts'
import { usdmStream } from './usdm-stream.ts'
import { type AlgoOrder, algoOrder, type ContractOrder, contractOrder, type Trade, trade } from './wire.ts'

/** Binance's USD-M contracts: perpetual and dated, in one-way mode. */
export const binanceUsdm: Dialect = {
  capabilities: usdm,
  prepare,
  place,
  modify,
  cancel,
  get,
  open,
  executions,
  balance: usdmBalance,
  positions: usdmPositions,
  margin: usdmMargin,
  quote: usdmQuote,
  dailyCloses: usdmCloses,
  accountEvents: usdmAccountEvents,
  stream: (account, tell) => usdmStream(account, tell),
}

const mode = z.object({ dualSidePosition: z.union([z.boolean(), z.enum(['true', 'false']).transform(text => text === 'true')]) })

/** In hedge mode every order names the side of a position that we do not know of. */
async function prepare({ account_id, session }: Account): Promise<void> {
  const { dualSidePosition } = mode.parse(await session.ask('fapiPrivateGetPositionSideDual'))
  if (dualSidePosition) throw new BrokerError(sentence('HEDGE_MODE', { account_id, wanted: 'one-way mode' }))
}

const contractMarket = ({ session }: Account, instrument: PlaceRequest['instrument']) => marketOf(session.connection.exchange, instrument)

async function place(account: Account, request: PlaceRequest): Promise<BrokerOrder> {
  const symbol = contractMarket(account, request.instrument)
  account.instrumentOf.set(symbol, request.instrument)
  account.symbolOf.set(request.client_order_id, symbol)
  account.symbols.add(symbol)
  const { endpoint, params } = usdmCall(request, symbol)
  const answer = await account.session.send(endpoint, params)
  if (isConditional(request.order_type)) return toldAlgo(account, algoOrder.parse(answer), null)
  return toldUsdm(account, contractOrder.parse(answer), [])
}

/** Only a limit order can be changed, and both its price and its quantity are told anew. */
async function modify(account: Account, request: ModifyRequest): Promise<BrokerOrder> {
  const { client_order_id, changes } = request
  const current = await get(account, request)
  if (!current) throw new BrokerError(sentence('UNKNOWN_ORDER', { client_order_id }))
  const params = {
    symbol: contractMarket(account, request.instrument),
    origClientOrderId: client_order_id,
    side: current.action,
    quantity: (changes.quantity ?? current.quantity).toFixed(),
    price: (changes.limit_price ?? current.limit_price)?.toFixed() ?? '',
  }
  return toldUsdm(account, contractOrder.parse(await account.session.send('fapiPrivatePutOrder', params)), current.fills)
}

async function cancel(account: Account, id: OrderId): Promise<void> {
  const [symbol] = await marketsOf(account, id)
  const { client_order_id } = id
  if (symbol === undefined) throw new BrokerError(sentence('UNKNOWN_ORDER', { client_order_id }))
  const waits = isConditional(id.order_type) || id.broker_order_id?.includes(':algo') === true
  if (!waits && (await orderOf(account, { symbol, origClientOrderId: client_order_id })) !== null)
    return void (await account.session.send('fapiPrivateDeleteOrder', { symbol, origClientOrderId: client_order_id }))
  const known = await algoOf(account, client_order_id)
  // Once its price was reached, it is an order like any other.
  if (known?.actualOrderId) await account.session.send('fapiPrivateDeleteOrder', { symbol, orderId: known.actualOrderId })
  else await account.session.send('fapiPrivateDeleteAlgoOrder', { clientAlgoId: client_order_id })
}

async function algoOf({ session }: Account, clientAlgoId: string): Promise<AlgoOrder | null> {
  const answer = await session.find('fapiPrivateGetAlgoOrder', { clientAlgoId })
  return answer === null ? null : algoOrder.parse(answer)
}

async function orderOf({ session }: Account, params: { symbol: string; origClientOrderId: string } | { symbol: string; orderId: string }) {
  const answer = await session.find('fapiPrivateGetOrder', params)
  return answer === null ? null : contractOrder.parse(answer)
}

async function get(account: Account, id: OrderId): Promise<BrokerOrder | null> {
  const { client_order_id } = id
  if (isConditional(id.order_type)) return conditional(account, client_order_id)
  for (const symbol of await marketsOf(account, id)) {
    const order = await orderOf(account, { symbol, origClientOrderId: client_order_id })
    if (order) return withFills(account, order)
  }
  return conditional(account, client_order_id)
}

async function conditional(account: Account, client_order_id: string): Promise<BrokerOrder | null> {
  const found = await algoOf(account, client_order_id)
  return found && told(account, found)
}

async function told(account: Account, order: AlgoOrder): Promise<BrokerOrder> {
  const { symbol, actualOrderId } = order
  const actual = actualOrderId === null ? null : await orderOf(account, { symbol, orderId: actualOrderId })
  if (actual) account.clientIdOf.set(usdmId(actual), order.clientAlgoId)
  return toldAlgo(account, order, actual && (await withFills(account, actual)))
}

async function withFills(account: Account, order: ContractOrder): Promise<BrokerOrder> {
  const owner = account.clientIdOf.get(usdmId(order))
  const seen = await toldUsdm(account, order, order.executedQty.gt(0) ? await fillsOf(account, order) : [])
  if (typeof owner === 'string') account.clientIdOf.set(usdmId(order), owner)
  return seen
}

async function fillsOf(account: Account, { symbol, orderId }: ContractOrder): Promise<FillReport[]> {
  const trades = z.array(trade).parse(await account.session.ask('fapiPrivateGetUserTrades', { symbol, orderId }))
  return Promise.all(trades.map(each => pricedContractFillOf(account, each)))
}

async function open(account: Account): Promise<BrokerOrder[]> {
  const [orders, algos] = await Promise.all([
    account.session.ask('fapiPrivateGetOpenOrders'),
    account.session.ask('fapiPrivateGetOpenAlgoOrders'),
  ])
  const conditionals: BrokerOrder[] = []
  for (const each of z.array(algoOrder).parse(algos)) conditionals.push(await told(account, each))
  const single: BrokerOrder[] = []
  for (const each of z.array(contractOrder).parse(orders)) {
    const owner = account.clientIdOf.get(usdmId(each))
    // What a conditional order became is told by that.
    if (owner && owner !== each.clientOrderId) continue
    single.push(await withFills(account, each))
  }
  return [...conditionals, ...single]
}

const PAGE = 1000
const WEEK_MS = 7 * 86_400_000

async function executions(account: Account, since: Date): Promise<BrokerExecution[]> {
  await findMarkets(account, since)
  const found: BrokerExecution[] = []
  for (const symbol of account.symbols) found.push(...(await executionsIn(account, symbol, since)))
  return found.toSorted((a, b) => a.time.getTime() - b.time.getTime())
}

/** Markets that paid a commission or a result since are those that were traded in. */
async function findMarkets(account: Account, since: Date): Promise<void> {
  const oldest = account.now().getTime() - WEEK_MS
  const startTime = Math.max(since.getTime(), oldest)
  if (startTime > account.now().getTime()) return
  const income = z
    .array(z.object({ symbol: z.string().default(''), incomeType: z.string() }))
    .parse(await account.session.ask('fapiPrivateGetIncome', { startTime, limit: PAGE }))
  for (const { symbol } of income) if (symbol !== '') account.symbols.add(symbol)
  for (const { symbol } of await heldMarkets(account)) account.symbols.add(symbol)
}

async function heldMarkets({ session }: Account): Promise<{ symbol: string }[]> {
  return z.array(z.object({ symbol: z.string() })).parse(await session.ask('fapiPrivateV3GetPositionRisk'))
}

async function executionsIn(account: Account, symbol: string, since: Date): Promise<BrokerExecution[]> {
  const trades: Trade[] = []
  // A week at most in one question.
  const start = Math.max(since.getTime(), account.now().getTime() - 90 * 86_400_000)
  for (let from = start; from <= account.now().getTime(); from += WEEK_MS) trades.push(...(await tradesFrom(account, symbol, from)))
  const fresh = [...new Map(trades.map(each => [each.id, each])).values()]
  await learnOwners(account, symbol, fresh)
  const name = await namedContract(account, symbol)
  const told: BrokerExecution[] = []
  for (const each of fresh) {
    const broker_order_id = usdmId(each)
    told.push({
      ...(await pricedContractFillOf(account, each)),
      account_id: account.account_id,
      broker_order_id,
      client_order_id: account.clientIdOf.get(broker_order_id) ?? null,
      ...name,
      action: each.side ?? 'BUY',
    })
  }
  return told
}

async function tradesFrom({ session }: Account, symbol: string, startTime: number): Promise<Trade[]> {
  const trades: Trade[] = []
  for (let from: { startTime: number } | { fromId: string } = { startTime }; ; ) {
    const page = z.array(trade).parse(await session.ask('fapiPrivateGetUserTrades', { symbol, limit: PAGE, ...from }))
    trades.push(...page)
    const last = page.at(-1)
    if (!last || page.length < PAGE) return trades
    from = { fromId: String(BigInt(last.id) + 1n) }
  }
}

/** Trades do not tell the client ids of their orders, and those of a conditional order tell not even its. */
async function learnOwners(account: Account, symbol: string, trades: readonly Trade[]): Promise<void> {
  const unknown = new Set(trades.map(usdmIdOf).filter(key => !account.clientIdOf.has(key)))
  if (unknown.size === 0) return
  const algos = z.array(algoOrder).parse(await account.session.ask('fapiPrivateGetAllAlgoOrders', { symbol, limit: PAGE }))
  for (const { actualOrderId, clientAlgoId } of algos)
    if (actualOrderId) account.clientIdOf.set(usdmId({ symbol, orderId: actualOrderId }), clientAlgoId)
  for (const key of unknown) {
    if (account.clientIdOf.has(key)) continue
    const order = await orderOf(account, { symbol, orderId: key.split(':')[1] ?? '' })
    account.clientIdOf.set(key, order?.clientOrderId ?? null)
  }
}

const usdmIdOf = ({ symbol, orderId }: Trade): string => usdmId({ symbol, orderId })
