import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Book, SimAccount, SimOrder, SimTrade } from './book.ts'
import { Refusal } from './refusals.ts'
import { authorized } from './requests.ts'

const text = (value: { toFixed(): string }) => value.toFixed()

interface Subscriber {
  owner: string
  send(event: object): void
}

/** What happens to accounts as the exchange tells it: through the WebSocket API for spot, by a listen key for contracts. */
export function streams({ spot, contracts }: { spot: Book; contracts: Book }) {
  const server = new WebSocketServer({ noServer: true })
  const subscribers = { spot: new Set<Subscriber>(), contracts: new Set<Subscriber>() }
  /** How often each event is sent, and whether anything at all is. */
  const mood = { copies: 1, silent: false }

  const join = (set: Set<Subscriber>, subscriber: Subscriber, socket: WebSocket) => {
    set.add(subscriber)
    socket.on('close', () => set.delete(subscriber))
  }
  const subscribe = (socket: WebSocket, message: { id: string; method: string; params?: Record<string, string | number> }): object => {
    if (message.method !== 'userDataStream.subscribe.signature')
      return { id: message.id, status: 400, error: { code: -1020, msg: 'This operation is not supported.' } }
    const { signature: _, ...rest } = message.params ?? {}
    const signed = Object.keys(rest)
      .sort()
      .map(name => `${name}=${rest[name]}`)
      .join('&')
    const params = new URLSearchParams(Object.entries(message.params ?? {}).map(([name, value]): [string, string] => [name, String(value)]))
    try {
      const { name: owner } = authorized(spot, { method: 'WS', path: '', params, signed, apiKey: String(rest.apiKey ?? '') })
      join(subscribers.spot, { owner, send: event => socket.send(JSON.stringify({ subscriptionId: 0, event })) }, socket)
      return { id: message.id, status: 200, result: { subscriptionId: 0 } }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { id: message.id, status: error.status, error: { code: error.code, msg: error.message } }
    }
  }
  const upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const listenKey = searchParams.get('listenKey') ?? pathname.split('/').at(-1)
    const account = contracts.accounts.find(each => each.listenKey !== null && each.listenKey === listenKey)
    const isApi = pathname === '/ws-api/v3'
    if (!isApi && !account) return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    server.handleUpgrade(request, socket, head, opened => {
      opened.on('error', () => undefined)
      if (account) join(subscribers.contracts, { owner: account.name, send: event => opened.send(JSON.stringify(event)) }, opened)
      opened.on('message', data => {
        const message = JSON.parse(String(data))
        if (isApi) opened.send(JSON.stringify(subscribe(opened, message)))
      })
    })
  }
  const tell = (set: Set<Subscriber>, owner: string, event: object): void => {
    if (mood.silent) return
    for (const each of set) if (each.owner === owner) for (let copy = 0; copy < mood.copies; copy += 1) each.send(event)
  }
  spot.changed = (order, { x, trade }) =>
    tell(subscribers.spot, order.owner, executionReport(order, { x, trade, at: trade?.time ?? spot.now() }))
  contracts.changed = (order, { x, trade }) =>
    tell(
      subscribers.contracts,
      order.owner,
      order.algo ? algoUpdate(order, contracts.now()) : orderUpdate(order, { x, trade, at: trade?.time ?? contracts.now() }),
    )
  return {
    upgrade,
    mood,
    /** Cuts every stream. */
    drop: () => {
      for (const socket of server.clients) socket.terminate()
    },
    /** Stops answering, without a word. */
    freeze: () => {
      for (const socket of server.clients) {
        socket.pause()
        mood.silent = true
      }
    },
    openListenKey: (account: SimAccount): string => {
      account.listenKey ??= `key-${account.name}-${Math.random().toString(36).slice(2)}`
      return account.listenKey
    },
    close: () => {
      for (const socket of server.clients) socket.terminate()
      server.close()
    },
  }
}

interface Change {
  x: string
  trade: SimTrade | undefined
  at: number
}

const executionReport = (order: SimOrder, { x, trade, at }: Change) => ({
  e: 'executionReport',
  E: at,
  s: order.symbol,
  c: x === 'CANCELED' ? `cancel_${order.orderId}` : order.clientOrderId,
  S: order.side,
  o: order.type,
  f: order.timeInForce,
  q: text(order.origQty),
  p: text(order.price),
  P: text(order.stopPrice),
  F: '0',
  g: order.orderListId,
  C: x === 'CANCELED' ? order.clientOrderId : '',
  x,
  X: order.status,
  r: 'NONE',
  i: order.orderId,
  l: text(trade?.qty ?? order.origQty.times(0)),
  z: text(order.executedQty),
  L: text(trade?.price ?? order.origQty.times(0)),
  n: trade ? text(trade.commission) : '0',
  N: trade?.commissionAsset ?? null,
  T: at,
  t: trade?.id ?? -1,
  w: true,
  m: trade?.isMaker ?? false,
  O: order.time,
  Z: text(order.quoteQty),
})

const orderUpdate = (order: SimOrder, { x, trade, at }: Change) => ({
  e: 'ORDER_TRADE_UPDATE',
  E: at,
  T: at,
  o: {
    s: order.symbol,
    c: order.clientOrderId,
    S: order.side,
    o: order.type,
    f: order.timeInForce,
    q: text(order.origQty),
    p: text(order.price),
    ap: '0',
    sp: '0',
    x,
    X: order.status,
    i: order.orderId,
    l: text(trade?.qty ?? order.origQty.times(0)),
    z: text(order.executedQty),
    L: text(trade?.price ?? order.origQty.times(0)),
    ...(trade && { n: text(trade.commission), N: trade.commissionAsset }),
    T: at,
    t: trade?.id ?? 0,
    m: trade?.isMaker ?? false,
    R: order.reduceOnly,
    ot: order.type,
    ps: 'BOTH',
    rp: text(trade?.realizedPnl ?? order.origQty.times(0)),
  },
})

const algoUpdate = (order: SimOrder, at: number) => ({
  e: 'ALGO_UPDATE',
  T: at,
  E: at,
  o: {
    caid: order.clientOrderId,
    aid: order.algo?.algoId,
    at: 'CONDITIONAL',
    o: order.type,
    s: order.symbol,
    S: order.side,
    ps: 'BOTH',
    f: order.timeInForce,
    q: text(order.origQty),
    X: order.algo?.status,
    ai: order.algo?.actual ? String(order.algo.actual.orderId) : '',
    tp: text(order.stopPrice),
    p: text(order.price),
  },
})
