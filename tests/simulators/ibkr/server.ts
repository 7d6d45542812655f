import { once } from 'node:events'
import { createServer } from 'node:net'
import { accountNamed } from './accounts.ts'
import { type Client, openAnswers } from './answers.ts'
import { demoContracts, type SimContract } from './contracts.ts'
import { type Fields, frame, frameReader } from './framing.ts'
import { type OrderBook, openOrderBook } from './order-book.ts'
import * as replies from './replies.ts'
import { type Faults, faultless, type Market, type SimOrder } from './state.ts'

export interface SimulatorOptions {
  /** 0 for any free one. */
  port?: number
  /** Of the protocol, as the gateway's release speaks it. */
  version?: number
  accounts?: readonly { account_id: string; cash: number }[]
  contracts?: readonly SimContract[]
  /** Where prices come from that nobody set. */
  quote?: (contract: SimContract) => { bid: string; ask: string } | null
  now?: () => Date
  /** Its own numbers of orders and executions begin after this. */
  firstNumber?: number
}

const ZONE = 'US/Eastern'
/** Messages of a client in a second before it is told so. */
const MOST_PER_SECOND = 50

const parts = new Intl.DateTimeFormat('en-CA', {
  ...{ timeZone: 'America/New_York', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit', second: '2-digit' },
})

/** `20260302 10:30:00 US/Eastern`. */
function timeText(at: Date): string {
  const part = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${part.year}${part.month}${part.day} ${part.hour}:${part.minute}:${part.second} ${ZONE}`
}

/** A gateway of Interactive Brokers on loopback that speaks the socket protocol, with an exchange behind it that fills at what it is told. */
export async function startSimulator(options: SimulatorOptions = {}) {
  const { version = 193, contracts = demoContracts, now = () => new Date() } = options
  const accounts = new Map(
    (options.accounts ?? [{ account_id: 'DU1234567', cash: 1_000_000 }]).map(({ account_id, cash }) => [
      account_id,
      accountNamed(account_id, cash),
    ]),
  )
  const faults: Faults = faultless()
  const clients = new Set<Client>()
  const markets = new Map<number, Market>()
  const seen: { client_id: number; message: string[]; at: number }[] = []
  const held: (() => void)[] = []
  let connected = true

  const marketOf = (contract: SimContract): Market | null => {
    const known = markets.get(contract.con_id)
    if (known) return known
    const quoted = options.quote?.(contract)
    return quoted ? { ...quoted, last: quoted.bid } : null
  }
  const broadcast = (client_id: number, make: (client: Client) => Fields) => {
    for (const client of clients) if (client.id === client_id) client.send(make(client))
  }
  const book: OrderBook = openOrderBook({
    contracts,
    accounts,
    faults,
    marketOf,
    timeText,
    now,
    firstNumber: options.firstNumber ?? 0,
    tell: {
      openOrder: (order, margins) => broadcast(order.client_id, client => replies.openOrder(order, client.version, margins ?? null)),
      status: order => broadcast(order.client_id, () => replies.orderStatus(order)),
      execution: made => broadcast(made.order.client_id, client => replies.execution(-1, made, client.version)),
      commission: made => broadcast(made.order.client_id, () => replies.commission(made)),
      refused: (client_id, order_id, refusal) => broadcast(client_id, () => replies.error(order_id, refusal)),
    },
  })

  const { answers, tellTicks } = openAnswers({ contracts, accounts, book, marketOf, now })

  function begin(client: Client, message: string[]): void {
    client.id = Number(message[2])
    if ([...clients].some(other => other !== client && other.id === client.id)) {
      client.send(
        replies.error(-1, { code: 326, message: 'Unable to connect as the client id is already in use. Retry with a unique client id.' }),
      )
      client.socket.end()
      return
    }
    clients.add(client)
    if (faults.not_logged_in) return
    client.send([15, 1, [...accounts.keys()].join(',')])
    client.send([9, 1, book.nextId(client.id)])
    client.send(replies.error(-1, { code: 2104, message: 'Market data farm connection is OK:usfarm' }))
    client.send(replies.error(-1, { code: 2106, message: 'HMDS data farm connection is OK:ushmds' }))
    client.send(replies.error(-1, { code: 2158, message: 'Sec-def data farm connection is OK:secdefil' }))
    if (!connected) client.send(replies.error(-1, { code: 2110, message: 'Connectivity between Trader Workstation and server is broken.' }))
  }

  function isTooFast(client: Client): boolean {
    const at = performance.now()
    client.sent.push(at)
    while ((client.sent[0] ?? at) <= at - 1000) client.sent.shift()
    if (client.sent.length <= MOST_PER_SECOND) return false
    client.pacing_errors += 1
    client.send(replies.error(-1, { code: 100, message: 'Max rate of messages per second has been exceeded: max=50 rec=51' }))
    if (faults.shut_on_pacing) client.socket.destroy()
    return true
  }

  function receive(client: Client, message: string[]) {
    seen.push({ client_id: client.id, message, at: performance.now() })
    if (message[0] === '71') return begin(client, message)
    if (isTooFast(client)) return
    const question = !['2', '3', '4', '49', '59', '63', '64'].includes(message[0] ?? '')
    if (question && faults.ignored > 0) {
      faults.ignored -= 1
      return
    }
    const answer = answers[Number(message[0])]
    if (!answer) return client.send(replies.error(-1, { code: 505, message: `unknown request ${message[0]}` }))
    if (faults.frozen) held.push(() => answer(client, message))
    else answer(client, message)
  }

  const server = createServer(socket => {
    socket.setNoDelay(true)
    const client: Client = {
      id: -1,
      socket,
      version,
      tickers: new Map(),
      follows: null,
      sent: [],
      pacing_errors: 0,
      send: fields => {
        if (socket.destroyed || faults.frozen) return
        const bytes = frame(fields)
        const size = faults.split || bytes.length
        for (let at = 0; at < bytes.length; at += size) socket.write(bytes.subarray(at, at + size))
      },
    }
    const read = frameReader({
      versions: () => client.send([version, `${timeText(now())}`]),
      message: message => receive(client, message),
    })
    socket.on('data', read)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => clients.delete(client))
  })
  const listen = async (port: number) => {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    return typeof address === 'object' && address ? address.port : port
  }
  const port = await listen(options.port ?? 0)
  const tellAll = (code: number, message: string) => {
    for (const client of clients) client.send(replies.error(-1, { code, message }))
  }
  const dropAll = () => {
    for (const client of clients) client.socket.destroy()
    clients.clear()
  }

  return {
    host: '127.0.0.1',
    port,
    faults,
    book,
    accounts,
    contractOf: (local_symbol: string) => contracts.find(each => each.local_symbol === local_symbol),
    /** Every message that clients sent. */
    seen,
    clients,
    /** Sets a market, by the contract's local symbol, and fills what it reaches. */
    price: (local_symbol: string, bid: string, ask: string, last = bid) => {
      const contract = contracts.find(each => each.local_symbol === local_symbol)
      if (!contract) throw new Error(`there is no contract ${local_symbol}`)
      markets.set(contract.con_id, { bid, ask, last })
      for (const client of clients) for (const [id, known] of client.tickers) if (known === contract) tellTicks(client, id, contract)
      book.work()
    },
    /** A resting order of another client; 0 is what people give by hand. */
    foreignOrder: (local_symbol: string, given: Partial<SimOrder> & Pick<SimOrder, 'client_id'>): SimOrder => {
      const contract = contracts.find(each => each.local_symbol === local_symbol)
      if (!contract) throw new Error(`there is no contract ${local_symbol}`)
      const order: SimOrder = {
        ...{ order_id: given.client_id === 0 ? 0 : 1, perm_id: book.nextPermId(), contract, account: [...accounts.keys()][0] ?? '' },
        ...{ action: 'BUY', quantity: '1', order_type: 'LMT', limit: '1', aux: '', tif: 'GTC', oca_group: '', oca_type: '' },
        ...{ order_ref: '', transmit: true, parent_id: 0, parent_perm_id: 0, good_till: '', trail_stop: '', trail_percent: '' },
        ...{ status: 'Submitted', filled: '0', avg_price: '0', last_price: '0', why_held: '', completed_at: '', completed_status: '' },
        ...{ triggered: false, ...given },
      }
      book.add(order)
      return order
    },
    /** Follows the source of prices once. */
    tick: () => book.work(),
    /** Answers what came while it was frozen. */
    thaw: () => {
      faults.frozen = false
      for (const answer of held.splice(0)) answer()
    },
    loseServer: () => {
      connected = false
      tellAll(1100, 'Connectivity between IB and Trader Workstation has been lost.')
    },
    findServer: (kept: boolean) => {
      connected = true
      if (kept) return tellAll(1102, 'Connectivity between IB and Trader Workstation has been restored - data maintained.')
      for (const client of clients) client.tickers.clear()
      tellAll(1101, 'Connectivity between IB and Trader Workstation has been restored - data lost.')
    },
    dropAll,
    /** Goes away, and comes back at the same port with ids of orders further on. */
    restart: async (gap = 1_000) => {
      const ids = new Set(book.orders.map(({ client_id }) => client_id))
      dropAll()
      await new Promise(resolve => server.close(resolve))
      for (const id of ids) book.skipTo(id, book.nextId(id) + gap)
      await listen(port)
    },
    stop: async () => {
      dropAll()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
export type Simulator = Awaited<ReturnType<typeof startSimulator>>
