import type { Socket } from 'node:net'
import { summaryOf, valued } from './accounts.ts'
import { matching, type SimContract } from './contracts.ts'
import type { Fields } from './framing.ts'
import type { OrderBook } from './order-book.ts'
import * as replies from './replies.ts'
import {
  readCancelOrder,
  readContractRequest,
  readExecutionsRequest,
  readHistoryRequest,
  readMarketDataRequest,
  readPlaceOrder,
} from './requests.ts'
import { isWorking, type Market, type SimAccount, type SimOrder } from './state.ts'

export interface Client {
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

const sinceOf = (text: string): Date => {
  const [, y, m, d, h, min, s] = /^(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)$/.exec(text) ?? []
  return y ? new Date(Date.UTC(Number(y), Number(m) - 1, Number(d), Number(h), Number(min), Number(s))) : new Date(0)
}

interface Behind {
  contracts: readonly SimContract[]
  accounts: ReadonlyMap<string, SimAccount>
  book: OrderBook
  marketOf(contract: SimContract): Market | null
  now(): Date
}

/** What each request is answered with. */
export function openAnswers({ contracts, accounts, book, marketOf, now }: Behind) {
  function tellTicks(client: Client, req_id: number, contract: SimContract): void {
    const market = marketOf(contract)
    if (!market) return
    client.send([1, 6, req_id, 1, market.bid, '100', 1])
    client.send([1, 6, req_id, 2, market.ask, '100', 1])
    client.send([1, 6, req_id, 4, market.last, '100', 0])
  }

  function tellAccount(client: Client, account_id: string) {
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
    20: (client, message) => {
      const { req_id, contract: asked } = readHistoryRequest(message)
      const [contract] = matching(contracts, asked)
      const market = contract && marketOf(contract)
      if (!market)
        return client.send(
          replies.error(req_id, { code: 162, message: 'Historical Market Data Service error message:HMDS query returned no data' }),
        )
      client.send(replies.dailyBars(req_id, { today: now(), close: market.last }))
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

  return { answers, tellTicks }
}
