import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { accountNamed, summaryOf, valued } from './accounts.ts'
import { demoContracts, matching, type SimContract } from './contracts.ts'
import { type Fields, frame, frameReader } from './framing.ts'
import { type OrderBook, openOrderBook } from './order-book.ts'
import * as replies from './replies.ts'
import { readCancelOrder, readContractRequest, readExecutionsRequest, readMarketDataRequest, readPlaceOrder } from './requests.ts'
import { type Faults, faultless, isWorking, type Market, type SimOrder } from './state.ts'

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
}

interface Client {
  id: number
  socket: Socket
  version: number
  /** Market data by request. */
  tickers: Map<number, SimContract>
  /** The account whose values it follows. */
  follows: string | null
  /** When it sent its last messages. */
  sent: number[]
  pacing_errors: number
  send(fields: Fields): void
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

const sinceOf = (text: string): Date => {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)$/.exec(text) ?? []
  return y ? new Date(Date.UTC(Number(y), Number(m) - 1, Number(d), Number(h), Number(min), Number(s))) : new Date(0)
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
    tell: {
      openOrder: (order, margins) => broadcast(order.client_id, client => replies.openOrder(order, client.version, margins ?? null)),
      status: order => broadcast(order.client_id, () => replies.orderStatus(order)),
      execution: made => broadcast(made.order.client_id, client => replies.execution(-1, made, client.version)),
      commission: made => broadcast(made.order.client_id, () => replies.commission(made)),
      refused: (client_id, order_id, refusal) => broadcast(client_id, () => replies.error(order_id, refusal)),
    },
  })

  function tellTicks(client: Client, req_id: number, contract: SimContract): void {
    const market = marketOf(contract)
    if (!market) return
    client.send([1, 6, req_id, 1, market.bid, '100', 1])
    client.send([1, 6, req_id, 2, market.ask, '100', 1])
    client.send([1, 6, req_id, 4, market.last, '100', 0])
  }

  function tellAccount(client: Client, account_id: string): void {
    const account = accounts.get(account_id)
    if (!account) return client.send(replies.error(-1, { code: 321, message: 'Error validating request: invalid account code' }))
    for (const [key, value] of Object.entries(summaryOf(account, marketOf))) client.send([6, 2, key, value, 'USD', account_id])
    for (const position of account.positions.values())
      client.send(replies.portfolioValue(account_id, position.contract, valued(position, marketOf)))
    client.send([8, 1, '10:30'])
    client.send([54, 1, account_id])
  }

  function tellSummary(client: Client, req_id: number, tags: string): void {
    for (const [account_id, account] of accounts) {
      for (const [tag, value] of Object.entries(summaryOf(account, marketOf))) {
        const asked = tags.split(',').includes(tag) || (tags.includes('$LEDGER') && tag.endsWith('PnL'))
        if (asked) client.send([63, 1, req_id, account_id, tag, value, tag.endsWith('PnL') ? 'BASE' : 'USD'])
      }
    }
    client.send([64, 1, req_id])
  }

  const tellOrder = (client: Client) => (order: SimOrder) => {
    client.send(replies.openOrder(order, client.version))
    client.send(replies.orderStatus(order))
  }

  const answers: Record<number, (client: Client, message: string[]) => void> = {
    1: (client, message) => {
      const { req_id, contract: asked } = readMarketDataRequest(message)
      const [contract] = matching(contracts, asked)
      if (!contract)
        return client.send(replies.error(req_id, { code: 200, message: 'No security definition has been found for the request' }))
      client.tickers.set(req_id, contract)
      client.send([58, 1, req_id, 1])
      tellTicks(client, req_id, contract)
    },
    2: (client, message) => void client.tickers.delete(Number(message[2])),
    3: (client, message) => book.place(client.id, readPlaceOrder(message, client.version)),
    4: (client, message) => book.cancel(client.id, readCancelOrder(message, client.version)),
    5: client => {
      book.orders.filter(each => isWorking(each) && each.client_id === client.id).forEach(tellOrder(client))
      client.send([53, 1])
    },
    6: (client, message) => {
      client.follows = message[2] === '1' ? (message[3] ?? '') : null
      if (client.follows !== null) tellAccount(client, client.follows)
    },
    7: (client, message) => {
      const { req_id, account, since, client_id } = readExecutionsRequest(message)
      const from = sinceOf(since)
      for (const made of book.executions) {
        if ((account !== '' && made.order.account !== account) || made.at < from) continue
        if (client_id !== 0 && made.order.client_id !== client_id) continue
        client.send(replies.execution(req_id, made, client.version))
        if (!book.untold.includes(made)) client.send(replies.commission(made))
      }
      client.send([55, 1, req_id])
    },
    8: client => client.send([9, 1, book.nextId(client.id)]),
    9: (client, message) => {
      const { req_id, contract: asked } = readContractRequest(message)
      const found = matching(contracts, asked)
      for (const contract of found) client.send(replies.contractDetails(req_id, contract, client.version))
      client.send(
        found.length > 0
          ? [52, 1, req_id]
          : replies.error(req_id, { code: 200, message: 'No security definition has been found for the request' }),
      )
    },
    16: client => {
      book.orders.filter(isWorking).forEach(tellOrder(client))
      client.send([53, 1])
    },
    49: client => client.send([49, 1, Math.floor(now().getTime() / 1000)]),
    59: () => undefined,
    61: client => {
      for (const [account_id, account] of accounts)
        for (const position of account.positions.values())
          client.send(replies.position(account_id, position.contract, valued(position, marketOf)))
      client.send([62, 1])
    },
    62: (client, message) => tellSummary(client, Number(message[2]), message[4] ?? ''),
    63: () => undefined,
    64: () => undefined,
    99: client => {
      for (const order of book.orders) if (!isWorking(order)) client.send(replies.completedOrder(order, client.version))
      client.send([102])
    },
  }

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

  function receive(client: Client, message: string[]): void {
    seen.push({ client_id: client.id, message, at: performance.now() })
    if (message[0] === '71') return begin(client, message)
    if (isTooFast(client)) return
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
