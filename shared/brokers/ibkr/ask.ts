import type { Connection } from './connection.ts'
import type { PortfolioTold } from './link.ts'
import { isDone, isWorking, type LiveOrder, type LiveOrders } from './live-orders.ts'
import { utcText } from './moments.ts'
import type { Questions } from './questions.ts'
import type { Settings } from './settings.ts'

export interface Summary {
  account: string
  tag: string
  value: string
  currency: string
}

interface AskingDeps {
  connection: Pick<Connection, 'send'>
  questions: Questions
  orders: LiveOrders
  settings: Settings
}

/** What an order that is listed nowhere any more is given to turn up again (rule 5). */
const GONE_AFTER_MS = 5_000

/** Questions about orders and accounts; whoever asks the same meanwhile shares the answer. */
export function openAsking({ connection, questions, orders, settings }: AskingDeps) {
  const missing = new Map<LiveOrder, number>()
  let portfolioOf = ''

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

  let summarizing: Promise<Summary[]> | null = null
  /** There may be two at a time: whoever asks meanwhile shares the answer. */
  function askSummary(tags: string): Promise<Summary[]> {
    summarizing ??= askSummaryNow(tags).finally(() => {
      summarizing = null
    })
    return summarizing
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
    askOpenOrders,
    askExecutions,
    /** Figures of all accounts of the login. */
    askSummary,
    /** What an account holds with prices: one account at a time, as the protocol has it. */
    askPortfolio,
    /** The account whose portfolio is being told. */
    portfolioOf: () => portfolioOf,
    /** Asks for all that may have happened to orders; it is in the book then. */
    refresh,
  }
}
export type Asking = ReturnType<typeof openAsking>
