import { type Book, dec, isOpen, type SimAccount, type SimOrder, type SimTrade } from './book.ts'
import { cancel, work } from './matching.ts'
import { findOrder, judge, marginOf, newOrder, rulesOf, termsOf } from './orders.ts'
import { refuse } from './refusals.ts'
import { needed } from './requests.ts'

type Route = (account: SimAccount, params: URLSearchParams) => unknown

const text = (value: { toFixed(): string }) => value.toFixed()
const plain = new Set(['MARKET', 'LIMIT'])
const conditional = new Set(['STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET'])

const orderView = (order: SimOrder) => ({
  orderId: order.orderId,
  symbol: order.symbol,
  status: order.status,
  clientOrderId: order.clientOrderId,
  price: text(order.price),
  avgPrice: order.executedQty.isZero() ? '0.00' : text(order.quoteQty.div(order.executedQty)),
  origQty: text(order.origQty),
  executedQty: text(order.executedQty),
  cumQuote: text(order.quoteQty),
  timeInForce: order.timeInForce,
  type: order.type,
  origType: order.type,
  reduceOnly: order.reduceOnly,
  closePosition: false,
  side: order.side,
  positionSide: 'BOTH',
  stopPrice: '0',
  workingType: 'CONTRACT_PRICE',
  priceProtect: false,
  priceMatch: 'NONE',
  goodTillDate: order.goodTillDate,
  time: order.time,
  updateTime: order.updateTime,
})

const algoView = (order: SimOrder) => ({
  algoId: order.algo?.algoId,
  clientAlgoId: order.clientOrderId,
  algoType: 'CONDITIONAL',
  orderType: order.type,
  symbol: order.symbol,
  side: order.side,
  positionSide: 'BOTH',
  timeInForce: order.timeInForce,
  quantity: text(order.origQty),
  algoStatus: order.algo?.status,
  actualOrderId: order.algo?.actual ? String(order.algo.actual.orderId) : '',
  actualPrice: '0',
  triggerPrice: text(order.stopPrice),
  price: text(order.price),
  callbackRate: order.trail.gt(0) ? text(order.trail.times(100)) : null,
  workingType: 'CONTRACT_PRICE',
  reduceOnly: order.reduceOnly,
  createTime: order.time,
  updateTime: order.updateTime,
  triggerTime: 0,
  goodTillDate: order.goodTillDate,
})

const tradeView = (trade: SimTrade) => ({
  symbol: trade.symbol,
  id: trade.id,
  orderId: trade.orderId,
  side: trade.isBuyer ? 'BUY' : 'SELL',
  price: text(trade.price),
  qty: text(trade.qty),
  realizedPnl: text(trade.realizedPnl),
  quoteQty: text(trade.qty.times(trade.price)),
  commission: text(trade.commission),
  commissionAsset: trade.commissionAsset,
  time: trade.time,
  positionSide: 'BOTH',
  buyer: trade.isBuyer,
  maker: trade.isMaker,
})

/** Routes of `/fapi` that need an account. */
export function contractRoutes(book: Book): Record<string, Route> {
  const own = ({ name }: SimAccount) => book.orders.filter(each => each.owner === name)
  const algos = (account: SimAccount) => own(account).filter(({ algo }) => algo)
  const account = (of: SimAccount) => {
    const { wallet, unrealized, equity, initial, maintenance, available } = marginOf(book, of)
    const asset = {
      asset: 'USDT',
      walletBalance: text(wallet),
      unrealizedProfit: text(unrealized),
      marginBalance: text(equity),
      maintMargin: text(maintenance),
      initialMargin: text(initial),
      positionInitialMargin: text(initial),
      openOrderInitialMargin: '0',
      availableBalance: text(available),
      maxWithdrawAmount: text(available),
      updateTime: 0,
    }
    return {
      totalInitialMargin: text(initial),
      totalMaintMargin: text(maintenance),
      totalWalletBalance: text(wallet),
      totalUnrealizedProfit: text(unrealized),
      totalMarginBalance: text(equity),
      availableBalance: text(available),
      assets: [asset],
      positions: [],
    }
  }
  const positions = (of: SimAccount) =>
    [...of.positions].map(([symbol, { quantity, entry }]) => {
      const mark = book.market.get(symbol)?.bid ?? entry
      return {
        symbol,
        positionSide: 'BOTH',
        positionAmt: text(quantity),
        entryPrice: text(entry),
        breakEvenPrice: text(entry),
        markPrice: text(mark),
        unRealizedProfit: text(quantity.times(mark.minus(entry))),
        liquidationPrice: '0',
        notional: text(quantity.times(mark)),
        marginAsset: 'USDT',
        updateTime: book.now(),
      }
    })
  const findAlgo = (of: SimAccount, params: URLSearchParams): SimOrder =>
    algos(of).findLast(each => each.clientOrderId === params.get('clientAlgoId') || String(each.algo?.algoId) === params.get('algoId')) ??
    refuse(-2013, 'Order does not exist.')
  return {
    'POST /fapi/v1/order': (of, params) => {
      const terms = termsOf(params, { id: 'newClientOrderId', stop: 'stopPrice', known: new Set([...plain, ...conditional]) })
      if (conditional.has(terms.type))
        refuse(-4120, 'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.')
      judge(book, of, terms)
      const order = newOrder(book, of, terms)
      work(book, order, true)
      return orderView(order)
    },
    'PUT /fapi/v1/order': (of, params) => {
      const order = findOrder(book, of, params, -2013)
      if (!isOpen(order) || order.type !== 'LIMIT') refuse(-2013, 'Order does not exist.')
      const [price, quantity] = [dec(needed(params, 'price')), dec(needed(params, 'quantity'))]
      if (price.eq(order.price) && quantity.eq(order.origQty)) refuse(-5027, 'No need to modify the order.')
      Object.assign(order, { price, origQty: quantity, updateTime: book.now() })
      work(book, order, true)
      return orderView(order)
    },
    'GET /fapi/v1/order': (of, params) => orderView(findOrder(book, of, params, -2013)),
    'DELETE /fapi/v1/order': (of, params) => {
      const order = findOrder(book, of, params, -2011)
      if (!isOpen(order)) refuse(-2011, 'Unknown order sent.')
      cancel(book, order)
      return orderView(order)
    },
    'GET /fapi/v1/openOrders': of =>
      own(of)
        .filter(each => isOpen(each) && !each.algo)
        .map(orderView),
    'GET /fapi/v1/allOrders': (of, params) =>
      own(of)
        .filter(({ symbol, algo }) => symbol === needed(params, 'symbol') && !algo)
        .map(orderView),
    'POST /fapi/v1/algoOrder': (of, params) => {
      if (needed(params, 'algoType') !== 'CONDITIONAL') refuse(-1106, "Parameter 'algoType' sent when not required.")
      const terms = termsOf(params, { id: 'clientAlgoId', stop: 'triggerPrice', known: conditional })
      rulesOf(book, terms.symbol)
      const market = book.market.get(terms.symbol)
      const { stopPrice } = terms
      if (market && stopPrice && (terms.side === 'BUY' ? stopPrice.lte(market.bid) : stopPrice.gte(market.bid)))
        refuse(-2021, 'Order would immediately trigger.')
      book.ids.algo += 1
      const order = newOrder(book, of, terms, { algo: { algoId: book.ids.algo, status: 'NEW', actual: null } })
      work(book, order)
      return algoView(order)
    },
    'GET /fapi/v1/algoOrder': (of, params) => algoView(findAlgo(of, params)),
    'DELETE /fapi/v1/algoOrder': (of, params) => {
      const order = findAlgo(of, params)
      if (!isOpen(order)) refuse(-2011, 'Unknown order sent.')
      cancel(book, order)
      return { algoId: order.algo?.algoId, clientAlgoId: order.clientOrderId, code: '200', msg: 'success' }
    },
    'GET /fapi/v1/openAlgoOrders': of => algos(of).filter(isOpen).map(algoView),
    'GET /fapi/v1/allAlgoOrders': (of, params) =>
      algos(of)
        .filter(({ symbol }) => symbol === needed(params, 'symbol'))
        .map(algoView),
    'GET /fapi/v1/userTrades': (of, params) => {
      const symbol = needed(params, 'symbol')
      return book.trades
        .filter(trade => trade.owner === of.name && trade.symbol === symbol)
        .filter(({ orderId }) => Number(params.get('orderId') ?? orderId) === orderId)
        .filter(({ id, time }) => id >= Number(params.get('fromId') ?? 0) && time >= Number(params.get('startTime') ?? 0))
        .slice(0, Number(params.get('limit') ?? 500))
        .map(tradeView)
    },
    'GET /fapi/v2/account': account,
    'GET /fapi/v3/account': account,
    'GET /fapi/v2/positionRisk': positions,
    'GET /fapi/v3/positionRisk': positions,
    'GET /fapi/v1/positionSide/dual': () => ({ dualSidePosition: false }),
    'GET /fapi/v1/leverageBracket': () =>
      [...book.rules.keys()].map(symbol => ({
        symbol,
        brackets: [{ bracket: 1, initialLeverage: 20, notionalCap: 1_000_000, notionalFloor: 0, maintMarginRatio: 0.0125, cum: 0 }],
      })),
    'GET /fapi/v1/income': (of, params) =>
      of.income
        .filter(
          ({ time, incomeType }) => time >= Number(params.get('startTime') ?? 0) && incomeType === (params.get('incomeType') ?? incomeType),
        )
        .slice((Number(params.get('page') ?? 1) - 1) * 1000)
        .map(each => ({ ...each, income: text(each.income), info: each.incomeType, tradeId: '' })),
  }
}
