import { sentence } from '../../domain/errors.ts'
import { sessionsBetween } from '../../domain/time/market-hours.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import { type Broker, BrokerConnectionError, BrokerError, type BrokerSession, type BrokerStatus } from '../broker.ts'
import { readBalance, readMargin, readPositions } from './account-reads.ts'
import { capabilities } from './capabilities.ts'
import { cancelOrder, type Desk, modifyOrder, placeOrder } from './change-orders.ts'
import { loginUrlOf, readConnection, type Settings } from './connection.ts'
import { contractsOf } from './contracts.ts'
import { type Line, needsLogin, openLine } from './line.ts'
import { quotesOf, readCloses, readQuote, readWhatIf } from './market-reads.ts'
import { orderBook } from './order-book.ts'
import { pace } from './pace.ts'
import { openStream } from './stream.ts'
import { kiteProfile } from './wire.ts'

/** An account that was heard of within this time is connected. */
const HEARD_WITHIN_MS = 10_000

/**
 * Zerodha over Kite Connect 3. Every account logs in once a day, by a person (`NEEDS_LOGIN` until then); its token lies in a secret, which is
 * read again and again, so that a new login needs no restart. Orders go by a tag of ours; all times are India's.
 */
export function zerodhaBroker(plan: BrokerToOpen, { now, secret, instruments }: AdapterDeps): Broker {
  const settings = readConnection(plan)
  const contracts = contractsOf({ instruments, now })
  const quotes = quotesOf()
  const paced = pace()
  const desks = new Map(
    [...settings.accounts.values()].map((place): [string, Desk] => {
      const line = openLine(settings, place, { now, secret, pace: paced })
      return [place.account_id, { line, book: orderBook(line, contracts), contracts, settings }]
    }),
  )
  let closed = false
  const desk = (account_id: string): Desk => {
    if (closed) throw new BrokerConnectionError(sentence('DISCONNECTED', { broker_id: plan.broker_id }))
    const found = desks.get(account_id)
    if (!found) throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
    return found
  }
  const lines = () => [...desks.values()].map(({ line }) => line)
  /** Quotes belong to no account: any that is logged in may ask. */
  const market = async () => {
    for (const line of lines()) if (await line.login()) return { line, contracts, quotes, now }
    throw needsLogin([...desks.keys()].join(' '))
  }

  return {
    capabilities,
    connect: async () => {
      const logins = await Promise.all(lines().map(line => line.login()))
      if (!logins.some(Boolean)) throw needsLogin([...desks.keys()].join(' '))
      closed = false
    },
    disconnect: async () => {
      closed = true
    },
    status: async () => (closed ? 'DISCONNECTED' : statusOf(lines(), now)),
    session: () => sessionOf(settings, lines(), now),
    needsLogin: async account_id => !(await hasLogin(desk(account_id).line)),
    placeOrder: async request => placeOrder(desk(request.account_id), request),
    modifyOrder: async request => modifyOrder(desk(request.account_id), request),
    cancelOrder: async id => cancelOrder(desk(id.account_id), id),
    getOrder: async id => {
      const { book } = desk(id.account_id)
      const found = await book.find(id)
      return found && book.shown(found)
    },
    openOrders: async account_id => desk(account_id).book.working(),
    executions: async (account_id, since) => desk(account_id).book.executions(since),
    balance: async account_id => readBalance(desk(account_id).line),
    positions: async account_id => readPositions(desk(account_id).line, contracts),
    margin: async account_id => readMargin(desk(account_id).line),
    quote: async instrument => readQuote(await market(), instrument),
    dailyCloses: async (instrument, days) => readCloses(await market(), instrument, days),
    whatIf: async request => readWhatIf({ ...(await market()), line: desk(request.account_id).line }, request, settings),
    calendar: async ({ calendar }, from, to) => sessionsBetween(calendar, from, to),
    stream: (accounts, onReport) => openStream({ ticker_url: settings.ticker_url, desks: accounts.map(desk), onReport }),
    // Kite Connect tells of no dividend, fee or split; they are in Zerodha's statements alone.
    accountEvents: async account_id => {
      desk(account_id)
      return []
    },
  }
}

const hasLogin = async (line: Line): Promise<boolean> => (await line.login()) !== null && !(await line.isRefused())

/** One account without a login is enough to need one. */
async function statusOf(lines: readonly Line[], now: () => Date): Promise<BrokerStatus> {
  const each = await Promise.all(lines.map(line => standing(line, now)))
  return each.find(status => status === 'NEEDS_LOGIN') ?? each.find(status => status === 'DISCONNECTED') ?? 'CONNECTED'
}

async function standing(line: Line, now: () => Date): Promise<BrokerStatus> {
  if (!(await line.login())) return 'NEEDS_LOGIN'
  const heard = line.last_message_at()
  if (!(await line.isRefused()) && heard && Math.abs(now().getTime() - heard.getTime()) < HEARD_WITHIN_MS) return 'CONNECTED'
  try {
    await line.ask({ kind: 'other', what: 'user/profile', schema: kiteProfile, from: client => client.getProfile() })
    return 'CONNECTED'
  } catch {
    return (await line.isRefused()) ? 'NEEDS_LOGIN' : 'DISCONNECTED'
  }
}

async function sessionOf(settings: Settings, lines: readonly Line[], now: () => Date): Promise<BrokerSession> {
  const status = await statusOf(lines, now)
  const logins = await Promise.all(lines.map(line => line.login()))
  const refused = await Promise.all(lines.map(line => line.isRefused()))
  const missing = lines.filter((_, index) => !logins[index] || refused[index])
  const [asking = lines[0]] = missing
  const ends = logins.flatMap((login, index) => (login?.expires_at && !refused[index] ? [login.expires_at.getTime()] : []))
  const heard = lines.flatMap(line => line.last_message_at()?.getTime() ?? [])
  return {
    status,
    reason: missing.length > 0 ? sentence('NEEDS_LOGIN', { accounts: missing.map(({ place }) => place.account_id).join(' ') }) : null,
    login_url: asking ? loginUrlOf(settings, await asking.app()) : null,
    expires_at: ends.length > 0 ? new Date(Math.min(...ends)) : null,
    last_message_at: heard.length > 0 ? new Date(Math.max(...heard)) : null,
  }
}
