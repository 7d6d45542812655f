import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answers } from './answers.ts'
import { fill, placeOrder, work } from './book.ts'
import { type Fault, faultList, rateLimits } from './faults.ts'
import { gttAnswers, gttBook } from './gtt.ts'
import { istStamp } from './ist.ts'
import { errorBody, KiteError } from './kite-error.ts'
import { listedOf, toCsv } from './listing.ts'
import { type App, sessions, sha256 } from './sessions.ts'
import type { Listed, Order, Price, User, World } from './shapes.ts'
import { ticker } from './ticker.ts'

export interface SimulatorOptions {
  port?: number
  now?: () => Date
  app?: App
  users?: readonly (Pick<User, 'user_id'> & Partial<User>)[]
  /** Contracts beside the shares, which are listed as soon as they have a price. */
  listed?: readonly Partial<Listed>[]
  /** Where prices come from that were not set. */
  quote?: (name: string) => { bid: number; ask: number } | null
  /** Where Kite posts every change of an order, beside telling it on the ticker. */
  postback_url?: string
  heartbeat_ms?: number
  limited?: boolean
  /** From where its numbers go on. */
  firstNumber?: number
}

const RICH = 10_000_000

/** Kite Connect 3 on loopback: HTTP and ticker. Shares and contracts trade at the prices that they are given. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const { now = () => new Date(), app = { api_key: 'kitekey0000', api_secret: 'kitesecret0000' }, limited = true } = options
  const users = new Map(
    (options.users ?? [{ user_id: 'AB1234' }]).map(user => [
      user.user_id,
      { cash: RICH, holdings: [], orders: [], trades: [], ...user } as User,
    ]),
  )
  const prices = new Map<string, Price>()
  const listing = listedOf(options.listed ?? [])
  const faults = faultList()
  const isTooMuch = rateLimits()
  const login = sessions(app, now)
  const requests: string[] = []
  let shown = Number.POSITIVE_INFINITY
  let counter = options.firstNumber ?? 0

  const priceOf = (exchange: string, tradingsymbol: string): Price | null => {
    const name = `${exchange}:${tradingsymbol}`
    const quoted = prices.get(name) ?? options.quote?.(name)
    return quoted ? { last: quoted.bid, ...quoted } : null
  }
  const world: World = {
    now,
    priceOf,
    listed: (exchange, tradingsymbol) => listing.find(exchange, tradingsymbol, priceOf(exchange, tradingsymbol) !== null),
    changed: (user, order) => tell(user, order),
    displayed: () => shown,
    nextId: () => (counter += 1),
  }
  const triggers = gttBook(world)
  const routes = [...answers, ...gttAnswers(triggers)]

  const server = createServer((request, response) => void serve(request, response))
  const stream = ticker(server, { userOf: login.userOf, heartbeat_ms: options.heartbeat_ms ?? 1_000 })

  function tell(user: User, order: Order): void {
    const data = { ...order, user_id: user.user_id, app_id: 1234, unfilled_quantity: order.pending_quantity }
    stream.order(user.user_id, data)
    if (options.postback_url === undefined) return
    const checksum = sha256(`${order.order_id}${order.order_timestamp}${app.api_secret}`)
    void fetch(options.postback_url, { method: 'POST', body: JSON.stringify({ ...data, checksum }) }).catch(() => undefined)
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://kite')
    const name = `${request.method} ${pathname}`
    const body = Buffer.concat(await request.toArray()).toString()
    requests.push(name)
    const fault = faults.take(name)
    fault?.before?.()
    if (fault && !fault.done && (await spoil(response, fault))) return
    try {
      const { type, text } = await answerTo({ name, query: searchParams, body, authorization: request.headers.authorization ?? '' })
      if (fault?.done && (await spoil(response, fault))) return
      response.writeHead(200, { 'content-type': type }).end(text)
    } catch (error) {
      const told = error instanceof KiteError ? error : new KiteError('GeneralException', String(error))
      response.writeHead(told.status, { 'content-type': 'application/json' }).end(errorBody(told))
    }
  }

  interface Request {
    name: string
    query: URLSearchParams
    body: string
    authorization: string
  }
  const json = (data: unknown) => ({ type: 'application/json', text: JSON.stringify({ status: 'success', data }) })

  async function answerTo({ name, query, body, authorization }: Request): Promise<{ type: string; text: string }> {
    const form = Object.fromEntries(new URLSearchParams(body))
    if (name === 'GET /connect/login') return { type: 'text/html', text: loginPage(query) }
    if (name === 'POST /session/token') {
      const { user_id, access_token } = login.exchange(form)
      const rest = { user_type: 'individual', broker: 'ZERODHA', api_key: app.api_key, public_token: 'public', refresh_token: '' }
      return json({ ...rest, user_id, access_token, login_time: istStamp(now()) })
    }
    const [, key = null, token = null] = /^token ([^:]+):(.+)$/.exec(authorization) ?? []
    if (limited && isTooMuch(String(key), name)) throw new KiteError('NetworkException', 'Too many requests', 429)
    if (name === 'DELETE /session/token') {
      login.end(token)
      return json(true)
    }
    const [, exchange] = /^GET \/instruments(?:\/([A-Z]+))?$/.exec(name) ?? [null]
    if (/^GET \/instruments(\/[A-Z]+)?$/.test(name)) return { type: 'text/csv', text: toCsv(listing.all(exchange)) }
    const user = users.get(login.userOf(key, token))
    if (!user) throw new KiteError('UserException', 'There is no such user.')
    for (const [pattern, answer] of routes) {
      const [matched, ...named] = pattern.exec(name) ?? []
      if (matched === undefined) continue
      return json(await answer({ world, user, named, query, form, json: body.startsWith('[') ? JSON.parse(body) : null }))
    }
    throw new KiteError('GeneralException', 'Route not found', 404)
  }

  const loginPage = (query: URLSearchParams): string => {
    if (query.get('api_key') !== app.api_key) throw new KiteError('InputException', 'Invalid `api_key`.')
    const lines = [...users.keys()].map(user_id => `<p>${user_id}: <code>${login.requestToken(user_id)}</code></p>`)
    return `<!doctype html><title>Kite (simulated)</title><h1>Request tokens</h1>${lines.join('')}`
  }

  server.listen(options.port ?? 0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const move = (name: string): void => {
    const [exchange = '', tradingsymbol = ''] = name.split(':')
    for (const user of users.values()) {
      triggers.look(user, exchange, tradingsymbol)
      for (const order of user.orders) if (order.exchange === exchange && order.tradingsymbol === tradingsymbol) work(world, user, order)
    }
    const listed = world.listed(exchange, tradingsymbol)
    const price = priceOf(exchange, tradingsymbol)
    if (listed && price) stream.price(listed, price)
  }

  return {
    url,
    ticker_url: `${url.replace('http', 'ws')}/ticker`,
    app,
    users,
    faults,
    stream,
    /** Every request so far, as `GET /orders`. */
    requests,
    /** Sets bid, ask and last (the bid where it is not told); resting orders that they reach fill. */
    price: (name: string, bid: number, ask: number, last = bid): void => {
      prices.set(name, { bid, ask, last })
      move(name)
    },
    /** Lets every price work once more, as when they come from elsewhere. */
    work: (): void => {
      for (const user of users.values()) for (const order of [...user.orders]) move(`${order.exchange}:${order.tradingsymbol}`)
    },
    /** Fills a part of a resting order, whatever the market. */
    fill: (tag: string, quantity: number, price: number): void => {
      for (const user of users.values())
        for (const order of user.orders) if (order.tag === tag) fill(world, user, order, { quantity, price })
    },
    /** An order that a user gave elsewhere. */
    place: (user_id: string, form: Record<string, string>): string => {
      const user = users.get(user_id)
      if (!user) throw new Error(`there is no user ${user_id}`)
      return placeOrder(world, user, form, 'regular').order_id
    },
    /** At most so much fills at once. */
    show: (quantity: number): void => {
      shown = quantity
    },
    requestToken: (user_id: string) => login.requestToken(user_id),
    /** A login without its pages: the access token. */
    login: (user_id: string) => login.begin(user_id),
    endLogins: () => login.endAll(),
    stop: async (): Promise<void> => {
      stream.stop()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Whether the answer was given by the fault; a delay only comes before it. */
async function spoil(response: ServerResponse, { answer }: Fault): Promise<boolean> {
  switch (answer.kind) {
    case 'reset':
      response.destroy()
      return true
    case 'silence':
      return true
    case 'html':
      response.writeHead(answer.status ?? 200, { 'content-type': 'text/html' }).end('<html><body>Bad gateway</body></html>')
      return true
    case 'garbage':
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"succ')
      return true
    case 'redirect':
      response.writeHead(307, { location: answer.to }).end()
      return true
    case 'error': {
      const error = new KiteError(answer.error_type, answer.message ?? 'as planned', answer.status)
      response.writeHead(error.status, { 'content-type': 'application/json' }).end(errorBody(error))
      return true
    }
    case 'usual':
      return false
    case 'delay':
      await new Promise(resolve => setTimeout(resolve, answer.ms))
      return false
  }
}
