import { type Book, balanceOf, dec, FEE, isOpen, type Lists, lockedOf, type SimAccount, type SimOrder, type SimTrade } from './book.ts'
import { cancel, work } from './matching.ts'
import { findOrder, judge, newOrder, rulesOf, sideOf, type Terms, termsOf } from './orders.ts'
import { refuse } from './refusals.ts'
import { needed } from './requests.ts'

type Route = (account: SimAccount, params: URLSearchParams) => unknown

const text = (value: { toFixed(): string }) => value.toFixed()
const types = new Set(['MARKET', 'LIMIT', 'LIMIT_MAKER', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'])

const spotView = (order: SimOrder) => ({
  symbol: order.symbol,
  orderId: order.orderId,
  orderListId: order.orderListId,
  clientOrderId: order.clientOrderId,
  price: text(order.price),
  origQty: text(order.origQty),
  executedQty: text(order.executedQty),
  cummulativeQuoteQty: text(order.quoteQty),
  status: order.pending ? 'PENDING_NEW' : order.status,
  timeInForce: order.timeInForce,
  type: order.type,
  side: order.side,
  stopPrice: text(order.stopPrice),
  ...(order.trail.gt(0) && { trailingDelta: order.trail.times(10_000).toNumber() }),
  time: order.time,
  updateTime: order.updateTime,
  isWorking: isOpen(order) && !order.pending,
  selfTradePreventionMode: 'NONE',
})

const tradeView = (trade: SimTrade) => ({
  symbol: trade.symbol,
  id: trade.id,
  orderId: trade.orderId,
  orderListId: -1,
  price: text(trade.price),
  qty: text(trade.qty),
  quoteQty: text(trade.qty.times(trade.price)),
  commission: text(trade.commission),
  commissionAsset: trade.commissionAsset,
  time: trade.time,
  isBuyer: trade.isBuyer,
  isMaker: trade.isMaker,
  isBestMatch: true,
})

/** Routes of `/api/v3` that need an account. */
export function spotRoutes(book: Book): Record<string, Route> {
  const own = ({ name }: SimAccount) => book.orders.filter(each => each.owner === name)
  const placed = (account: SimAccount, params: URLSearchParams) => {
    const terms = termsOf(params, { id: 'newClientOrderId', stop: 'stopPrice', known: types })
    judge(book, account, terms)
    const order = newOrder(book, account, terms)
    const before = book.trades.length
    work(book, order, true)
    const fills = book.trades
      .slice(before)
      .filter(({ owner, orderId, symbol }) => owner === account.name && orderId === order.orderId && symbol === order.symbol)
    return { order, fills }
  }
  const listView = (list: Lists, orders: SimOrder[]) => ({
    orderListId: list.orderListId,
    contingencyType: list.contingencyType,
    listStatusType: orders.some(isOpen) ? 'EXEC_STARTED' : 'ALL_DONE',
    listOrderStatus: orders.some(isOpen) ? 'EXECUTING' : 'ALL_DONE',
    listClientOrderId: list.listClientOrderId,
    transactionTime: list.time,
    symbol: list.symbol,
    orders: orders.map(({ symbol, orderId, clientOrderId }) => ({ symbol, orderId, clientOrderId })),
  })
  const members = (list: Lists) => book.orders.filter(each => each.orderListId === list.orderListId && each.owner === list.owner)
  const openList = (account: SimAccount, params: URLSearchParams, contingencyType: string): Lists => {
    book.ids.list += 1
    const symbol = needed(params, 'symbol')
    rulesOf(book, symbol)
    const listClientOrderId = params.get('listClientOrderId') ?? `list_${book.ids.list}`
    const list = { orderListId: book.ids.list, listClientOrderId, contingencyType, symbol, owner: account.name, time: book.now() }
    return list
  }
  const started = (list: Lists) => {
    book.lists.push(list)
    const first = members(list).filter(({ pending }) => !pending)
    for (const order of first) work(book, order, true)
    const orders = members(list)
    return { ...listView(list, orders), orderReports: orders.map(order => ({ ...spotView(order), transactTime: book.now() })) }
  }
  const leg = (
    account: SimAccount,
    params: URLSearchParams,
    given: { prefix: string; list: Lists; side: 'BUY' | 'SELL'; quantity: string; pending: boolean },
  ): void => {
    const { prefix, list, side, quantity, pending } = given
    const part = (name: string) => params.get(`${prefix}${name}`)
    const type = part('Type') ?? refuse(-1102, `Mandatory parameter '${prefix}Type' was not sent, was empty/null, or malformed.`)
    const [price, stopPrice] = [part('Price'), part('StopPrice')]
    const terms: Terms = {
      symbol: list.symbol,
      side,
      type,
      quantity: dec(quantity),
      clientOrderId: part('ClientOrderId') ?? `${list.listClientOrderId}${prefix}`,
      timeInForce: part('TimeInForce') ?? 'GTC',
      ...(price !== null && { price: dec(price) }),
      ...(stopPrice !== null && { stopPrice: dec(stopPrice) }),
    }
    newOrder(book, account, terms, { orderListId: list.orderListId, pending, status: pending ? 'PENDING_NEW' : 'NEW' })
  }
  const findList = (account: SimAccount, params: URLSearchParams): Lists => {
    const [id, client] = [params.get('orderListId'), params.get('origClientOrderId') ?? params.get('listClientOrderId')]
    const found = book.lists.find(
      each => each.owner === account.name && (id === null ? each.listClientOrderId === client : String(each.orderListId) === id),
    )
    return found ?? refuse(-2013, 'Order list does not exist.')
  }
  const cancelable = (order: SimOrder): SimOrder => (isOpen(order) ? order : refuse(-2011, 'Unknown order sent.'))

  return {
    'POST /api/v3/order': (account, params) => {
      const { order, fills } = placed(account, params)
      const view = { ...spotView(order), transactTime: order.updateTime, workingTime: order.time }
      if (params.get('newOrderRespType') === 'ACK') {
        const { symbol, orderId, orderListId, clientOrderId, transactTime } = view
        return { symbol, orderId, orderListId, clientOrderId, transactTime }
      }
      const told = fills.map(({ price, qty, commission, commissionAsset, id }) => ({
        price: text(price),
        qty: text(qty),
        commission: text(commission),
        commissionAsset,
        tradeId: id,
      }))
      return { ...view, fills: told }
    },
    'POST /api/v3/order/test': (account, params) => {
      judge(book, account, termsOf(params, { id: 'newClientOrderId', stop: 'stopPrice', known: types }))
      return {}
    },
    'GET /api/v3/order': (account, params) => spotView(findOrder(book, account, params, -2013)),
    'DELETE /api/v3/order': (account, params) => {
      const order = cancelable(findOrder(book, account, params, -2011))
      cancel(book, order)
      return {
        ...spotView(order),
        origClientOrderId: order.clientOrderId,
        clientOrderId: `cancel_${order.orderId}`,
        transactTime: book.now(),
      }
    },
    'GET /api/v3/openOrders': (account, params) =>
      own(account)
        .filter(each => isOpen(each) && (params.get('symbol') ?? each.symbol) === each.symbol)
        .map(spotView),
    'GET /api/v3/allOrders': (account, params) =>
      own(account)
        .filter(({ symbol, orderId }) => symbol === needed(params, 'symbol') && orderId >= Number(params.get('orderId') ?? 0))
        .slice(0, Number(params.get('limit') ?? 500))
        .map(spotView),
    'GET /api/v3/myTrades': (account, params) => {
      rulesOf(book, needed(params, 'symbol'))
      if (params.has('fromId') && params.has('startTime')) refuse(-1128, 'Combination of optional parameters invalid.')
      return book.trades
        .filter(({ owner, symbol }) => owner === account.name && symbol === params.get('symbol'))
        .filter(({ orderId }) => Number(params.get('orderId') ?? orderId) === orderId)
        .filter(({ id, time }) => id >= Number(params.get('fromId') ?? 0) && time >= Number(params.get('startTime') ?? 0))
        .slice(0, Number(params.get('limit') ?? 500))
        .map(tradeView)
    },
    'GET /api/v3/account': account => ({
      makerCommission: 10,
      takerCommission: 10,
      commissionRates: { maker: text(FEE), taker: text(FEE), buyer: '0', seller: '0' },
      canTrade: true,
      accountType: 'SPOT',
      updateTime: Math.max(0, ...book.trades.filter(({ owner }) => owner === account.name).map(({ time }) => time)),
      balances: [...account.balances.keys()].map(asset => {
        const locked = lockedOf(book, account, asset)
        return { asset, free: text(balanceOf(account, asset).minus(locked)), locked: text(locked) }
      }),
      permissions: ['SPOT'],
    }),
    'POST /api/v3/orderList/oco': (account, params) => {
      const list = openList(account, params, 'OCO')
      const [side, quantity] = [sideOf(params), needed(params, 'quantity')]
      judge(book, account, { symbol: list.symbol, side, type: 'MARKET', quantity: dec(quantity), clientOrderId: '' })
      for (const prefix of ['above', 'below']) leg(account, params, { prefix, list, side, quantity, pending: false })
      return started(list)
    },
    'POST /api/v3/orderList/otoco': (account, params) => triggered(account, params, ['pendingAbove', 'pendingBelow']),
    'POST /api/v3/orderList/oto': (account, params) => triggered(account, params, ['pending']),
    'GET /api/v3/orderList': (account, params) => {
      const list = findList(account, params)
      return listView(list, members(list))
    },
    'DELETE /api/v3/orderList': (account, params) => {
      const list = findList(account, params)
      const open = members(list).filter(isOpen)
      if (open.length === 0) refuse(-2011, 'Unknown order sent.')
      for (const order of open) if (isOpen(order)) cancel(book, order)
      return { ...listView(list, members(list)), orderReports: members(list).map(spotView) }
    },
    'GET /sapi/v1/bnbBurn': ({ burnsBnb }) => ({ spotBNBBurn: burnsBnb, interestBNBBurn: false }),
    'GET /sapi/v1/asset/assetDividend': () => ({ rows: [], total: 0 }),
    'GET /sapi/v1/capital/deposit/hisrec': () => [],
    'GET /sapi/v1/capital/withdraw/history': () => [],
  }

  function triggered(account: SimAccount, params: URLSearchParams, prefixes: string[]) {
    const list = openList(account, params, 'OTO')
    const side = sideOf(params, 'workingSide')
    const terms: Terms = {
      symbol: list.symbol,
      side,
      type: needed(params, 'workingType'),
      quantity: dec(needed(params, 'workingQuantity')),
      price: dec(needed(params, 'workingPrice')),
      timeInForce: params.get('workingTimeInForce') ?? 'GTC',
      clientOrderId: params.get('workingClientOrderId') ?? `${list.listClientOrderId}w`,
    }
    judge(book, account, terms)
    newOrder(book, account, terms, { orderListId: list.orderListId })
    const quantity = needed(params, 'pendingQuantity')
    for (const prefix of prefixes) leg(account, params, { prefix, list, side: sideOf(params, 'pendingSide'), quantity, pending: true })
    return started(list)
  }
}
