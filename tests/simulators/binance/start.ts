import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Decimal } from '../../../shared/domain/money/decimal.ts'
import { type Book, dec, execute, isOpen, type SimAccount } from './book.ts'
import { contractRoutes } from './contracts.ts'
import { type Fault, faults } from './faults.ts'
import { priced } from './matching.ts'
import { rulesOf } from './orders.ts'
import { Refusal, refuse } from './refusals.ts'
import { authorized, needed, ownerOf, type Request, read } from './requests.ts'
import { spotRoutes } from './spot.ts'
import { streams } from './streams.ts'

export interface SimulatedAccount {
  name: string
  api_key: string
  secret: string
  /** What it holds on spot, and what it has posted as margin. */
  spot: Record<string, string>
  margin: Record<string, string>
  /** Pays fees on spot in BNB, as long as it has some. */
  burnsBnb?: boolean
}

export interface Options {
  port?: number
  accounts?: readonly SimulatedAccount[]
  symbols?: readonly { base: string; quote: string; tick: string; lot: string }[]
  /** Where prices come from that nobody set. */
  quote?(symbol: string): { bid: string; ask: string } | null
  weightLimit?: number
  /** From where the numbers of orders and trades go on. */
  firstNumber?: number
}

const everybody: readonly SimulatedAccount[] = [
  {
    name: 'first',
    api_key: 'simulated-key-1',
    secret: 'simulated-secret-1',
    spot: { USDT: '1000000', BTC: '100', BNB: '100' },
    margin: { USDT: '1000000' },
  },
  {
    name: 'second',
    api_key: 'simulated-key-2',
    secret: 'simulated-secret-2',
    spot: { USDT: '1000000', BTC: '100', BNB: '100' },
    margin: { USDT: '1000000' },
  },
]
const markets = ['BTC', 'ETH', 'BNB'].map(base => ({ base, quote: 'USDT', tick: '0.01', lot: '0.00001' }))

/** Binance's spot and USD-M markets on loopback, as its documentation has them: REST, signatures, filters, errors, weights, streams. */
export async function startSimulator({
  port = 0,
  accounts = everybody,
  symbols = markets,
  quote,
  weightLimit = 100_000,
  firstNumber = 0,
}: Options = {}) {
  const clock = { offset: 0 }
  const numbered = () => new Map(symbols.map(({ base, quote: against }) => [`${base}${against}`, firstNumber]))
  const bookOf = (contracts: boolean): Book => ({
    contracts,
    rules: new Map(
      symbols.map(({ base, quote: against, tick, lot }) => [
        `${base}${against}`,
        { base, quote: against, tick: dec(tick), lot: dec(lot), minNotional: dec(5) },
      ]),
    ),
    market: new Map(),
    accounts: accounts.map(
      ({ name, api_key, secret, spot, margin, burnsBnb = false }): SimAccount => ({
        name,
        apiKey: api_key,
        secret,
        balances: new Map(Object.entries(contracts ? margin : spot).map(([asset, amount]) => [asset, dec(amount)])),
        positions: new Map(),
        income: [],
        listenKey: null,
        burnsBnb,
      }),
    ),
    orders: [],
    trades: [],
    lists: [],
    ids: { order: numbered(), trade: numbered(), list: firstNumber, algo: firstNumber, income: firstNumber },
    changed: () => undefined,
    now: () => Date.now() + clock.offset,
  })
  const [spot, contracts] = [bookOf(false), bookOf(true)]
  const streaming = streams({ spot, contracts })
  const bookFor = (path: string) => (path.startsWith('/fapi') ? contracts : spot)
  const signedRoutes = { ...spotRoutes(spot), ...contractRoutes(contracts) }
  const fault = faults()
  let weight = 0
  let minute = 0

  const refresh = (book: Book, symbol: string): void => {
    const shown = quote?.(symbol)
    if (shown) priced(book, symbol, dec(shown.bid), dec(shown.ask))
  }
  const marketOf = (book: Book, symbol: string) => {
    rulesOf(book, symbol)
    return book.market.get(symbol) ?? { bid: dec(0), ask: dec(0) }
  }
  const publicAnswer = ({ method, path, params }: Request): unknown => {
    const book = bookFor(path)
    const [, , version, ...rest] = path.split('/')
    if (method !== 'GET' || !/^v\d$/.test(version ?? '')) return undefined
    switch (rest.join('/')) {
      case 'ping':
        return {}
      case 'time':
        return { serverTime: book.now() }
      case 'exchangeInfo':
        return {
          timezone: 'UTC',
          serverTime: book.now(),
          symbols: [...book.rules].map(([symbol, rules]) => infoOf(symbol, rules, book.contracts)),
        }
      case 'ticker/bookTicker': {
        const symbol = needed(params, 'symbol')
        const { bid, ask } = marketOf(book, symbol)
        return {
          symbol,
          bidPrice: bid.toFixed(),
          bidQty: '1',
          askPrice: ask.toFixed(),
          askQty: '1',
          ...(book.contracts && { time: book.now() }),
        }
      }
      case 'ticker/price': {
        const symbol = needed(params, 'symbol')
        return { symbol, price: marketOf(book, symbol).bid.toFixed() }
      }
      case 'klines': {
        const { bid } = marketOf(book, needed(params, 'symbol'))
        if (params.get('interval') === '1m') {
          const from = Number(params.get('startTime'))
          return [[from, bid.toFixed(), bid.toFixed(), bid.toFixed(), bid.toFixed(), '1', from + 59_999, '1', 1, '0', '0', '0']]
        }
        const days = Number(params.get('limit') ?? 500)
        const today = Math.floor(book.now() / 86_400_000) * 86_400_000
        const price = bid.toFixed()
        return Array.from({ length: days }, (_, index) => {
          const opened = today - (days - 1 - index) * 86_400_000
          return [opened, price, price, price, price, '1', opened + 86_399_999, price, 1, '0', '0', '0']
        })
      }
      default:
        return undefined
    }
  }
  const keyed = (request: Request): unknown => {
    if (request.path !== '/fapi/v1/listenKey') return undefined
    const account = ownerOf(contracts, request.apiKey)
    if (request.method === 'POST') return { listenKey: streaming.openListenKey(account) }
    if (account.listenKey === null) refuse(-1125, 'This listenKey does not exist.')
    if (request.method === 'DELETE') account.listenKey = null
    return request.method === 'PUT' ? { listenKey: account.listenKey } : {}
  }
  const answer = (request: Request): unknown => {
    const symbol = request.params.get('symbol')
    if (symbol !== null) refresh(bookFor(request.path), symbol)
    const open = publicAnswer(request) ?? keyed(request)
    if (open !== undefined) return open
    const route = signedRoutes[`${request.method} ${request.path}`]
    if (!route) throw new Refusal(-1, 'Not found', { status: 404 })
    return route(authorized(bookFor(request.path), request), request.params)
  }
  const weigh = (): void => {
    const now = Math.floor(Date.now() / 60_000)
    if (now !== minute) [minute, weight] = [now, 0]
    weight += 1
    if (weight > weightLimit)
      throw new Refusal(-1003, 'Too many requests.', { status: weight > 2 * weightLimit ? 418 : 429, headers: { 'Retry-After': '1' } })
  }

  const server = createServer(async (message, response) => {
    const request = await read(message)
    const planned = fault.take(request)
    if (planned?.before) return misbehave(response, planned)
    let [status, body, headers]: [number, unknown, Record<string, string>] = [200, {}, {}]
    try {
      weigh()
      body = answer(request)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      ;[status, body, headers] = [error.status, { code: error.code, msg: error.message }, error.headers]
    }
    if (planned) return misbehave(response, planned)
    const send = () =>
      response
        .writeHead(status, { 'content-type': 'application/json', 'X-MBX-USED-WEIGHT-1M': String(weight), ...headers })
        .end(JSON.stringify(body))
    if (fault.delayMs > 0) setTimeout(send, fault.delayMs).unref()
    else send()
  })
  server.on('upgrade', (request, socket, head) => streaming.upgrade(request, socket, head))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  const orderOf = (client: string) =>
    [spot, contracts]
      .flatMap(book => book.orders.filter(({ clientOrderId, algo }) => clientOrderId === client && !algo).map(order => ({ book, order })))
      .at(-1)

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spot,
    contracts,
    clock,
    fault,
    streaming,
    /** Sets a market's two prices, on spot and in contracts. */
    price: (symbol: string, bid: string | Decimal, ask: string | Decimal): void => {
      for (const book of [spot, contracts]) priced(book, symbol, dec(bid.toString()), dec(ask.toString()))
    },
    fillPart: (client: string, quantity: string, at: string): void => {
      const found = orderOf(client)
      if (found && isOpen(found.order)) execute(found.book, found.order, { qty: dec(quantity), price: dec(at), isMaker: true })
    },
    stop: async (): Promise<void> => {
      streaming.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}

/** Answers as broken servers and networks do. */
function misbehave(response: ServerResponse, { kind, status = 502, body = '<html>Bad gateway</html>', headers = {} }: Fault): void {
  if (kind === 'reset') return void response.socket?.destroy()
  if (kind === 'half') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"symbol":')
    return
  }
  response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

const infoOf = (
  symbol: string,
  { base, quote, tick, lot, minNotional }: { base: string; quote: string; tick: Decimal; lot: Decimal; minNotional: Decimal },
  contracts: boolean,
) => ({
  symbol,
  ...(contracts && { pair: symbol, contractType: 'PERPETUAL', marginAsset: quote, deliveryDate: 4_133_404_800_000 }),
  status: 'TRADING',
  baseAsset: base,
  quoteAsset: quote,
  baseAssetPrecision: 8,
  quoteAssetPrecision: 8,
  orderTypes: contracts
    ? ['LIMIT', 'MARKET', 'STOP', 'STOP_MARKET', 'TAKE_PROFIT', 'TAKE_PROFIT_MARKET', 'TRAILING_STOP_MARKET']
    : ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'],
  isSpotTradingAllowed: !contracts,
  permissions: ['SPOT'],
  filters: [
    { filterType: 'PRICE_FILTER', minPrice: tick.toFixed(), maxPrice: '1000000', tickSize: tick.toFixed() },
    { filterType: 'LOT_SIZE', minQty: lot.toFixed(), maxQty: '9000', stepSize: lot.toFixed() },
    contracts
      ? { filterType: 'MIN_NOTIONAL', notional: minNotional.toFixed() }
      : { filterType: 'NOTIONAL', minNotional: minNotional.toFixed(), applyMinToMarket: true },
  ],
})
