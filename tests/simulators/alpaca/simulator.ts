import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Decimal } from '../../../shared/domain/money/decimal.ts'
import { dataApi, withNumbers } from './data-api.ts'
import { Faults, type RequestFault } from './faults.ts'
import { end, fill, newYorkStamp, workSymbol } from './matching.ts'
import { Refused } from './rules.ts'
import { tradeUpdates } from './trade-updates.ts'
import { type Answer, type Asked, tradingApi } from './trading-api.ts'
import { isOpen, type SimAccount, type World } from './world.ts'

export interface AccountToOpen {
  key_id: string
  secret: string
  cash?: string
  /** 1: nothing is lent. */
  multiplier?: number
  currency?: string
}

export interface AlpacaSimulator {
  url: string
  faults: Faults
  world: World
  openAccount(account: AccountToOpen): SimAccount
  /** Sets bid and ask of a symbol; every order that they reach fills. */
  price(symbol: string, bid: string, ask: string): void
  /** Fills a part of an order, whatever the price. */
  fillPart(client_order_id: string, quantity: string, price: string): void
  /** Holds the opening or closing auction at the present price. */
  auction(at: 'opg' | 'cls'): void
  /** Ends the day: DAY orders expire. */
  endDay(): void
  /** Something that happens to an account beside orders. */
  activity(account: SimAccount, activity_type: string, fields: Record<string, unknown>): string
  dropStreams(): void
  muteStreams(): void
  /** How many streams listen now. */
  listening(): number
  stop(): Promise<void>
}

/** Alpaca on loopback: trading API v2, market data and the stream of trade updates, with order books of one price each. */
export async function startSimulator({
  port = 0,
  now = () => new Date(),
}: {
  port?: number
  now?: () => Date
} = {}): Promise<AlpacaSimulator> {
  const faults = new Faults()
  const world: World = {
    now,
    accounts: new Map(),
    touches: new Map(),
    closes: new Map(),
    open: true,
    pieces: 1,
    pieces_at_once: 1,
    tell: (account, event) => updates.tell(account, event),
  }
  const server = createServer((request, response) => void serve({ world, faults }, request, response))
  const updates = tradeUpdates(server, world, faults)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  const everyOrder = (work: (account: SimAccount, order: SimAccount['orders'][number]) => void) => {
    for (const account of world.accounts.values()) for (const order of account.orders.filter(isOpen)) work(account, order)
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    world,
    openAccount({ key_id, secret, cash = '1000000', multiplier = 2, currency = 'USD' }) {
      const opened: SimAccount = {
        key_id,
        secret,
        currency,
        cash: new Decimal(cash),
        multiplier,
        blocked: false,
        orders: [],
        positions: new Map(),
        activities: [],
      }
      world.accounts.set(key_id, opened)
      return opened
    },
    price(symbol, bid, ask) {
      world.touches.set(symbol, { bid: new Decimal(bid), ask: new Decimal(ask), at: now() })
      for (const account of world.accounts.values()) workSymbol(world, account, symbol)
    },
    fillPart(client_order_id, quantity, price) {
      everyOrder((account, order) => {
        if (order.client_order_id === client_order_id)
          fill(world, account, { order, price: new Decimal(price), qty: new Decimal(quantity) })
      })
    },
    auction(at) {
      everyOrder((account, order) => {
        const touch = world.touches.get(order.symbol)
        if (order.time_in_force !== at || !touch) return
        const price = order.side === 'buy' ? touch.ask : touch.bid
        const within = order.limit_price === null || (order.side === 'buy' ? price.lte(order.limit_price) : price.gte(order.limit_price))
        if (within) fill(world, account, { order, price, qty: order.qty })
        else end(world, account, { order, status: 'expired' })
      })
    },
    endDay() {
      everyOrder((account, order) => order.time_in_force === 'day' && end(world, account, { order, status: 'expired' }))
    },
    activity(account, activity_type, fields) {
      const at = now()
      const id = `${newYorkStamp(at)}::${randomUUID()}`
      account.activities.push({ id, activity_type, at, fields })
      return id
    },
    dropStreams: updates.drop,
    muteStreams: updates.mute,
    listening: updates.listening,
    async stop() {
      updates.close()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Site {
  world: World
  faults: Faults
}

async function serve({ world, faults }: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://alpaca')
  const text = Buffer.concat(await request.toArray()).toString()
  const fault = faults.take(`${request.method} ${pathname}`)
  if (fault?.kind === 'reset') return void request.socket.destroy()
  const carriedOut = fault?.kind !== 'answer' || fault.carried_out === true
  const asked: Asked = { method: request.method ?? 'GET', path: decodeURIComponent(pathname), query: searchParams, body: bodyOf(text) }
  const answer = carriedOut ? answerTo({ world, faults }, request, asked) : { status: 200, body: null }
  if (fault?.kind === 'lost_answer') return void setImmediate(() => request.socket.destroy())
  await spoil(fault)
  const status = fault?.kind === 'answer' ? (fault.status ?? 500) : answer.status
  const body = fault?.kind === 'answer' ? (fault.body ?? '') : answer.status === 204 ? '' : withNumbers(answer.body)
  response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': randomUUID(), ...fault?.headers }).end(body)
}

const spoil = ({ delay_ms = 0 }: Partial<RequestFault> = {}) =>
  delay_ms > 0 ? new Promise(resolve => setTimeout(resolve, delay_ms).unref()) : Promise.resolve()

function answerTo({ world, faults }: Site, { headers }: IncomingMessage, asked: Asked): Answer {
  const account = world.accounts.get(String(headers['apca-api-key-id']))
  try {
    // Prices of coins are told to anybody.
    if (asked.path.startsWith('/v1beta3/crypto')) return dataApi(world, asked)
    if (!account || account.secret !== headers['apca-api-secret-key']) throw new Refused(401, 40110000, 'request is not authorized')
    if (asked.path.startsWith('/v1beta') || asked.path.startsWith('/v2/stocks')) return dataApi(world, asked)
    return tradingApi({ world, account, faults }, asked)
  } catch (error) {
    if (error instanceof Refused) return { status: error.status, body: error.body }
    return { status: 500, body: { code: 50010000, message: 'internal server error occurred' } }
  }
}

const bodyOf = (text: string): Record<string, unknown> => {
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    return {}
  }
}
