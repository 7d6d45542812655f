import { sentence } from '../../domain/errors.ts'
import { BrokerError, type OrderId } from '../broker.ts'
import type { AdapterDeps } from '../registry.ts'
import { type Connection, openConnection } from './connection.ts'
import { type Contracts, openContracts } from './contracts.ts'
import { type ErrorClass, orderClassOf } from './errors.ts'
import type { Heard, PortfolioTold } from './link.ts'
import { type Executions, openExecutions } from './live-executions.ts'
import { isDone, isWorking, type LiveOrder, type LiveOrders, openOrders } from './live-orders.ts'
import { type MarketData, openMarketData } from './market-data.ts'
import { utcText } from './moments.ts'
import { openQuestions, type Questions } from './questions.ts'
import type { Reporting } from './report-order.ts'
import type { Settings } from './settings.ts'
import { openStreams, type Streams } from './streams.ts'
import { openVerdicts, type Verdicts } from './verdicts.ts'
import { openWhatIfs, type WhatIfs } from './what-ifs.ts'

/** What the parts of the adapter share. */
export interface Core extends Reporting {
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
  /** Asks for all that may have happened to orders; it is in the book then. */
  refresh(): Promise<void>
  askOpenOrders(): Promise<LiveOrder[]>
  askExecutions(account: string, since: Date | null): Promise<void>
  /** Figures of all accounts of the login. */
  askSummary(tags: string): Promise<Summary[]>
  /** What an account holds with prices: one account at a time, as the protocol has it. */
  askPortfolio(account: string): Promise<PortfolioTold[]>
  order(id: OrderId): LiveOrder | null
  /** @throws BrokerError for an account that is none of the login's */
  knowAccount(account_id: string): void
}

export interface Summary {
  account: string
  tag: string
  value: string
  currency: string
}

const FIRST_REQUEST = 1_000_000_000
/** What an order that is listed nowhere any more is given to turn up again (rule 5). */
const GONE_AFTER_MS = 5_000

export function openCore(settings: Settings, { now, instruments }: Pick<AdapterDeps, 'now' | 'instruments'>): Core {
  const questions = openQuestions()
  const contracts = openContracts({ instruments })
  const executions = openExecutions({ now, time_zone: settings.time_zone })
  const verdicts = openVerdicts()
  const whatIfs = openWhatIfs()
  const missing = new Map<LiveOrder, number>()
  let nextValid = 0
  let used = 0
  let portfolioOf = ''

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
      if (told.account === portfolioOf) questions.row('portfolio', told)
    },
    portfolioEnd: account => {
      if (account === portfolioOf) questions.end('portfolio')
    },
    tick: (req_id, type, price) => marketData.tick(req_id, type, price),
    contractDetails: (req_id, details) => questions.row(req_id, details),
    contractDetailsEnd: questions.end,
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
      await askOpenOrders(true)
      await refresh()
      await marketData.resume()
    },
    changed: (ready, reason) => {
      if (!ready) {
        questions.failAll(sentence('NOT_CONNECTED', { reason }))
        marketData.lose()
      }
      streams.status(ready ? 'CONNECTED' : 'DISCONNECTED')
    },
    pulse: () => streams.status(connection.isReady() ? 'CONNECTED' : 'DISCONNECTED'),
  })
  const marketData = openMarketData({ connection, questions, settings, now })

  /** `own` also has the gateway tell of the orders that this client gave in an earlier connection. */
  async function askOpenOrders(own = false): Promise<LiveOrder[]> {
    const asked_at = performance.now()
    const rows = await questions.ask<LiveOrder>({
      key: 'open-orders',
      name: 'open orders',
      within_ms: settings.request_ms,
      send: () => connection.send('question', api => (own ? api.reqOpenOrders() : api.reqAllOpenOrders())),
    })
    const listed = new Set(rows)
    if (!own) orders.listed(listed, asked_at)
    return [...listed]
  }

  const askCompleted = () =>
    questions.ask({
      key: 'completed-orders',
      name: 'completed orders',
      within_ms: settings.request_ms,
      send: () => connection.send('question', api => api.reqCompletedOrders(false)),
    })

  async function askExecutions(account: string, since: Date | null): Promise<void> {
    const req_id = questions.nextRequest()
    await questions.ask({
      key: req_id,
      name: 'executions',
      within_ms: settings.request_ms,
      send: () =>
        connection.send('question', api =>
          api.reqExecutions(req_id, { ...(account !== '' && { acctCode: account }), ...(since && { time: utcText(since) }) }),
        ),
    })
    for (const order of orders.all()) if (isDone(order) && (account === '' || order.account === account)) order.settled = true
  }

  let asking: Promise<Summary[]> | null = null
  /** There may be two at a time: whoever asks meanwhile shares the answer. */
  function askSummary(tags: string): Promise<Summary[]> {
    asking ??= askSummaryNow(tags).finally(() => {
      asking = null
    })
    return asking
  }
  async function askSummaryNow(tags: string): Promise<Summary[]> {
    const req_id = questions.nextRequest()
    try {
      return await questions.ask<Summary>({
        key: req_id,
        name: 'account summary',
        within_ms: settings.request_ms,
        send: () => connection.send('question', api => api.reqAccountSummary(req_id, 'All', tags)),
      })
    } finally {
      void connection.send('question', api => api.cancelAccountSummary(req_id))
    }
  }

  let turn: Promise<unknown> = Promise.resolve()
  function askPortfolio(account: string): Promise<PortfolioTold[]> {
    const mine = turn.then(async () => {
      portfolioOf = account
      try {
        return await questions.ask<PortfolioTold>({
          key: 'portfolio',
          name: 'portfolio',
          within_ms: settings.request_ms,
          send: () => connection.send('question', api => api.reqAccountUpdates(true, account)),
        })
      } finally {
        void connection.send('question', api => api.reqAccountUpdates(false, account))
      }
    })
    turn = mine.catch(() => undefined)
    return mine
  }

  let refreshing: Promise<void> | null = null
  function refresh(): Promise<void> {
    refreshing ??= refreshNow().finally(() => {
      refreshing = null
    })
    return refreshing
  }
  async function refreshNow(): Promise<void> {
    await askOpenOrders()
    await askCompleted()
    await askExecutions('', null)
    const at = performance.now()
    for (const order of orders.all()) {
      if (!order.missing || !isWorking(order)) {
        missing.delete(order)
        continue
      }
      const first = missing.get(order) ?? at
      missing.set(order, first)
      // Of days before, neither orders nor executions are told: what is left of it would show in the position.
      if (at - first > GONE_AFTER_MS)
        Object.assign(order, { status: 'Cancelled', completed: 'NOT_LISTED', message: 'NOT_LISTED', missing: false })
    }
  }

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
    refresh,
    askOpenOrders: () => askOpenOrders(),
    askExecutions,
    askSummary,
    askPortfolio,
    order: ({ account_id, client_order_id, broker_order_id }) =>
      orders.byRef(account_id, client_order_id) ?? (broker_order_id ? orders.byPerm(Number(broker_order_id)) : null),
    knowAccount: account_id => {
      if (connection.isReady() && !connection.accounts().includes(account_id))
        throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
    },
  }
}
