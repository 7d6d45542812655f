import { sentence } from '../../domain/errors.ts'
import { sessionsBetween } from '../../domain/time/market-hours.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import {
  type Broker,
  BrokerConnectionError,
  BrokerError,
  type BrokerOrder,
  type BrokerSession,
  type OrderId,
  type OrderResult,
  type PlaceRequest,
  type StreamReport,
} from '../broker.ts'
import { type Account, newAccount } from './account.ts'
import { refusalOf } from './binance/terms.ts'
import { readConnection } from './connection.ts'
import { dialectOf } from './dialects.ts'
import { exchangeClass } from './exchanges.ts'
import { plainText, questionFailed, verdictOf } from './failures.ts'
import { openSession } from './session.ts'

const PLACED_REMEMBERED = 10_000

/** An exchange through ccxt: each account by its own key, nothing ever sent twice without asking what became of it. */
export async function ccxtBroker(plan: BrokerToOpen, deps: AdapterDeps): Promise<Broker> {
  const connection = readConnection(plan.broker_id, plan.connection)
  const dialect = dialectOf(connection)
  const { capabilities } = dialect
  // A module of a megabyte is read here, and not within the deadline of the first question; where that fails, the question says why.
  await exchangeClass(connection.exchange).catch(() => undefined)
  const opened = new Map<string, Promise<Account>>()
  /** Attempts of this process, which may lie at the exchange already. */
  const attempted = new Set<string>()
  /** What ends each stream that is open. */
  const following = new Set<() => Promise<void>>()
  let shut = false
  let lastError: string | null = null

  const account = (account_id: string): Promise<Account> => {
    if (shut) return Promise.reject(new BrokerConnectionError(sentence('NOT_CONNECTED', { broker_id: plan.broker_id })))
    const known = opened.get(account_id)
    if (known) return known
    const planned = plan.accounts.find(each => each.account_id === account_id)
    if (!planned) return Promise.reject(new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id })))
    const opening = openAccount(planned)
    opened.set(account_id, opening)
    opening.catch((error: unknown) => {
      lastError = plainText(error)
      opened.delete(account_id)
    })
    return opening
  }
  const openAccount = async (planned: BrokerToOpen['accounts'][number]): Promise<Account> => {
    const session = await openSession(connection, planned.account_id, deps)
    const fresh = newAccount(session, planned, deps)
    await session.syncClock()
    await dialect.prepare(fresh)
    return fresh
  }
  const question = async <T>(account_id: string, name: string, ask: (of: Account) => Promise<T>): Promise<T> => {
    try {
      return await ask(await account(account_id))
    } catch (error) {
      throw questionFailed(error, name)
    }
  }
  const first = () => plan.accounts[0]?.account_id ?? ''
  const get = (id: OrderId) => question(id.account_id, 'getOrder', of => dialect.get(of, id))

  /** What was sent and not refused outright: where the clock was the reason, it is asked for and then sent once more. */
  async function attempt(of: Account, id: OrderId, send: () => Promise<BrokerOrder | null>): Promise<OrderResult> {
    try {
      return confirmed(id, await send())
    } catch (error) {
      if (verdictOf(error) !== 'clock') return failed(error)
      try {
        await of.session.syncClock()
        const found = await dialect.get(of, id)
        return confirmed(id, found ?? (await send()))
      } catch (again) {
        return failed(again)
      }
    }
  }

  async function place(request: PlaceRequest): Promise<OrderResult> {
    const refusal = refusalOf(capabilities, request)
    if (refusal !== null) return { kind: 'rejected', reason: refusal }
    const of = await account(request.account_id).catch((error: unknown) => {
      throw questionFailed(error, 'connect')
    })
    const key = `${request.account_id} ${request.client_order_id}`
    const id: OrderId = { ...request, instrument_id: request.instrument.instrument_id }
    // A second order of one id is refused only while the first one works. Unless this is known to be the first attempt, it is asked for.
    if (attempted.has(key) || request.attempts !== 1) {
      try {
        const known = await dialect.get(of, id)
        if (known) return confirmed(id, known)
      } catch (error) {
        // Nothing was sent; whether something was before is not known.
        return { kind: 'unknown', reason: plainText(error) }
      }
    }
    if (attempted.size > PLACED_REMEMBERED) attempted.clear()
    attempted.add(key)
    const result = await attempt(of, id, () => dialect.place(of, request))
    if (result.kind !== 'rejected' || !/duplicate|-4116|-4111|-4117/i.test(result.reason)) return result
    const known = await dialect.get(of, id).catch(() => null)
    return known ? confirmed(id, known) : { kind: 'unknown', reason: result.reason }
  }

  return {
    capabilities,
    connect: async () => {
      shut = false
      await Promise.all(plan.accounts.map(({ account_id }) => question(account_id, 'connect', async () => undefined)))
    },
    disconnect: async () => {
      shut = true
      opened.clear()
      await Promise.all([...following].map(end => end()))
    },
    status: async () => {
      if (shut) return 'DISCONNECTED'
      return question(first(), 'status', of => of.session.syncClock()).then(
        () => 'CONNECTED' as const,
        (error: unknown) => {
          lastError = plainText(error)
          return 'DISCONNECTED' as const
        },
      )
    },
    session: async (): Promise<BrokerSession> => {
      const sessions = await Promise.allSettled(opened.values())
      const heard = sessions.flatMap(each => (each.status === 'fulfilled' ? (each.value.session.lastAnswerAt() ?? []) : []))
      const connected = !shut && heard.length > 0
      return {
        status: connected ? 'CONNECTED' : 'DISCONNECTED',
        reason: connected ? null : lastError,
        login_url: null,
        expires_at: null,
        last_message_at: heard.reduce<Date | null>((latest, at) => (latest && latest > at ? latest : at), null),
      }
    },
    placeOrder: place,
    modifyOrder: async request => {
      const { modify } = dialect
      if (!modify) return { kind: 'rejected', reason: sentence('UNSUPPORTED_MODIFY', { exchange: connection.exchange }) }
      const of = await account(request.account_id)
      return attempt(of, request, () => modify(of, request))
    },
    cancelOrder: async id => {
      const of = await account(id.account_id)
      return attempt(of, id, async () => {
        await dialect.cancel(of, id)
        return null
      })
    },
    getOrder: get,
    openOrders: account_id => question(account_id, 'openOrders', of => dialect.open(of)),
    executions: (account_id, since) => question(account_id, 'executions', of => dialect.executions(of, since)),
    balance: account_id => question(account_id, 'balance', of => dialect.balance(of)),
    positions: account_id => question(account_id, 'positions', of => dialect.positions(of)),
    margin: account_id => question(account_id, 'margin', of => dialect.margin(of)),
    quote: instrument => question(first(), 'quote', of => dialect.quote(of, instrument)),
    dailyCloses: (instrument, days) => question(first(), 'dailyCloses', of => dialect.dailyCloses(of, instrument, days)),
    calendar: async ({ calendar }, from, to) => sessionsBetween(calendar, from, to),
    accountEvents: (account_id, since) => question(account_id, 'accountEvents', of => dialect.accountEvents(of, since)),
    ...(dialect.stream && { stream: (accounts: readonly string[], tell: (report: StreamReport) => void) => streams(accounts, tell) }),
  }

  /** One stream an account: they live and end together. */
  async function streams(accounts: readonly string[], tell: (report: StreamReport) => void): Promise<() => Promise<void>> {
    const open = await Promise.allSettled(
      accounts.map(id => question(id, 'stream', async of => (await dialect.stream?.(of, tell)) ?? nothing)),
    )
    const close = async () => {
      following.delete(close)
      await Promise.all(open.map(each => (each.status === 'fulfilled' ? each.value() : undefined)))
    }
    following.add(close)
    const failure = open.find(each => each.status === 'rejected')
    if (!failure) return close
    await close()
    throw failure.reason
  }
}

const nothing = async () => undefined

const confirmed = ({ broker_order_id, client_order_id }: OrderId, order: BrokerOrder | null): OrderResult => ({
  kind: 'confirmed',
  broker_order_id: order?.broker_order_id ?? broker_order_id ?? client_order_id,
  ...(order && { order }),
})

/** Of a request that was sent: only what the exchange says itself ends it. */
const failed = (error: unknown): OrderResult => {
  const verdict = verdictOf(error)
  const ours = error instanceof BrokerError
  const kind = ours || verdict === 'rejected' || verdict === 'missing' ? 'rejected' : 'unknown'
  return { kind, reason: plainText(error) }
}
