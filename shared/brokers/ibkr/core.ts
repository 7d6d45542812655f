import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps } from '../adapter.ts'
import { BrokerError, type OrderId } from '../broker.ts'
import { type Asking, openAsking } from './ask.ts'
import { type Connection, openConnection } from './connection.ts'
import { type Contracts, openContracts } from './contracts.ts'
import { type ErrorClass, orderClassOf } from './errors.ts'
import type { Heard, PortfolioTold } from './link.ts'
import { type Executions, openExecutions } from './live-executions.ts'
import { isDone, type LiveOrder, type LiveOrders, openOrders } from './live-orders.ts'
import { type MarketData, openMarketData } from './market-data.ts'
import { openQuestions, type Questions } from './questions.ts'
import type { Reporting } from './report-order.ts'
import type { Settings } from './settings.ts'
import { openStreams, type Streams } from './streams.ts'
import { openVerdicts, type Verdicts } from './verdicts.ts'
import { openWhatIfs, type WhatIfs } from './what-ifs.ts'

/** What the parts of the adapter share. */
export interface Core extends Reporting, Omit<Asking, 'askOpenOrders' | 'portfolioOf'> {
  askOpenOrders(): Promise<LiveOrder[]>
  settings: Settings
  now(): Date
  connection: Connection
  questions: Questions
  orders: LiveOrders
  executions: Executions
  contracts: Contracts
  marketData: MarketData
  streams: Streams
  verdicts: Verdicts
  whatIfs: WhatIfs
  /** The next number for an order: above every one that was ever seen. */
  nextOrderId(): number
  order(id: OrderId): LiveOrder | null
  /** @throws BrokerError for an account that is none of the login's */
  knowAccount(account_id: string): void
}

const FIRST_REQUEST = 1_000_000_000

export function openCore(settings: Settings, { now, instruments }: Pick<AdapterDeps, 'now' | 'instruments'>): Core {
  const questions = openQuestions()
  const contracts = openContracts({ instruments })
  const executions = openExecutions({ now, time_zone: settings.time_zone })
  const verdicts = openVerdicts()
  const whatIfs = openWhatIfs()
  let nextValid = 0
  let used = 0

  const orders = openOrders({
    client_id: settings.client_id,
    now,
    changed: order => {
      verdicts.look(order)
      streams.order(order)
    },
  })
  const reporting: Reporting = { orders, executions, contracts, time_zone: settings.time_zone }
  const streams = openStreams(reporting, () => connection.isReady())

  const heard: Omit<Heard, 'anything' | 'nextValidId' | 'accounts' | 'currentTime' | 'closed' | 'fault'> = {
    openOrder: (order_id, contract, terms, state) => {
      if (terms.whatIf) return void whatIfs.told(order_id, state)
      questions.row('open-orders', orders.openOrder(order_id, contract, terms, state))
    },
    orderStatus: orders.orderStatus,
    openOrdersEnd: () => questions.end('open-orders'),
    completedOrder: orders.completed,
    completedOrdersEnd: () => questions.end('completed-orders'),
    execution: (_req_id, contract, told) => {
      const made = executions.learn(contract, told)
      if (!made) return
      orders.executed(
        {
          ...{ account: made.account, client_id: made.client_id, order_id: made.order_id, perm_id: made.perm_id },
          order_ref: made.order_ref,
        },
        contract,
      )
      streams.execution(made)
    },
    executionsEnd: questions.end,
    commission: told => {
      const made = executions.pay(told)
      if (made) streams.execution(made)
    },
    position: (account, contract, position, average_cost) => questions.row('positions', { account, contract, position, average_cost }),
    positionsEnd: () => questions.end('positions'),
    summary: (req_id, told) => questions.row(req_id, told),
    summaryEnd: questions.end,
    portfolio: (told: PortfolioTold) => {
      if (told.account === asking.portfolioOf()) questions.row('portfolio', told)
    },
    portfolioEnd: account => {
      if (account === asking.portfolioOf()) questions.end('portfolio')
    },
    tick: (req_id, type, price) => marketData.tick(req_id, type, price),
    contractDetails: (req_id, details) => questions.row(req_id, details),
    contractDetailsEnd: questions.end,
    bar: (req_id, day, close) => questions.row(req_id, { day, close }),
    barsEnd: questions.end,
    error: hearError,
  }

  function hearError(id: number, code: number, message: string): void {
    const text = `${code}: ${message}`
    if (id >= FIRST_REQUEST) {
      const found = orderClassOf(code)
      if (found === 'warning' || found === null) return
      if (!questions.fail(id, text)) marketData.failed(id)
      return
    }
    if (whatIfs.refused(id, text)) return
    const order = id > 0 ? orders.ownByNumber(id) : null
    if (order) tellOrder(order, orderClassOf(code), text)
  }

  function tellOrder(order: LiveOrder, found: ErrorClass | null, text: string): void {
    order.message = text
    switch (found) {
      case 'refused':
        // Of an order that already works, it is the change that was refused.
        if (!verdicts.refuse(order, 'change', text)) orders.refused(order, text)
        break
      case 'duplicate-id':
        used = Math.max(used, order.order_id)
        verdicts.refuse(order, 'number', text)
        break
      case 'canceled':
        if (!isDone(order)) orders.settle(order, 'Cancelled')
        order.heard = true
        break
      case 'cancel-refused':
        if (order.status === 'PendingCancel') orders.settle(order, 'Submitted', true)
        verdicts.refuse(order, 'cancel', text)
        break
      default:
    }
    verdicts.look(order)
    streams.order(order)
  }

  const connection = openConnection({
    settings,
    now,
    heard,
    nextValidId: order_id => {
      nextValid = Math.max(nextValid, order_id)
    },
    sync: async afresh => {
      questions.failAll('the connection is reconciled')
      if (afresh) marketData.lose()
      await asking.askOpenOrders(true)
      await asking.refresh()
      await marketData.resume()
    },
    changed: (ready, reason) => {
      if (!ready) {
        questions.failAll(sentence('NOT_CONNECTED', { reason }))
        marketData.lose()
      }
      streams.status(ready ? 'CONNECTED' : 'DISCONNECTED')
    },
    pulse: () => {
      questions.pulse()
      streams.status(connection.isReady() ? 'CONNECTED' : 'DISCONNECTED')
    },
  })
  const marketData = openMarketData({ connection, questions, settings, now })

  const asking = openAsking({ connection, questions, orders, settings })

  return {
    ...reporting,
    settings,
    now,
    connection,
    questions,
    marketData,
    streams,
    verdicts,
    whatIfs,
    nextOrderId: () => {
      used = Math.max(nextValid, orders.highest(), used) + 1
      return used
    },
    ...asking,
    askOpenOrders: () => asking.askOpenOrders(),
    order: ({ account_id, client_order_id, broker_order_id }) =>
      orders.byRef(account_id, client_order_id) ?? (broker_order_id ? orders.byPerm(Number(broker_order_id)) : null),
    knowAccount: account_id => {
      if (connection.isReady() && !connection.accounts().includes(account_id))
        throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
    },
  }
}
