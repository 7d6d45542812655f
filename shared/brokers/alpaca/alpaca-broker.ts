import { sentence } from '../../domain/errors.ts'
import type { AdapterDeps, BrokerToOpen } from '../adapter.ts'
import { type Broker, BrokerConnectionError, BrokerError, type BrokerSession, type BrokerStatus, type OrderResult } from '../broker.ts'
import { balance, heldPositions, margin, readAccount } from './account.ts'
import { accountEvents } from './account-events.ts'
import { capabilities } from './capabilities.ts'
import { cancelOrder, modifyOrder, placeOrder } from './change-orders.ts'
import { readConnection } from './connection.ts'
import { knownOrders } from './known-orders.ts'
import { openLine } from './line.ts'
import { calendar, dailyCloses, quote } from './market.ts'
import { type Desk, executions, getOrder, openOrders } from './read-orders.ts'
import { followAccount, type Patience } from './stream.ts'

/**
 * Alpaca through its own client: trading API v2, market data, and the stream of trade updates. Each account has keys of its own.
 * There is no connection to hold: it counts as connected until it is disconnected, and each request stands for itself.
 */
export function alpacaBroker(plan: BrokerToOpen, deps: AdapterDeps, patience: Partial<Patience> = {}): Broker {
  const settings = readConnection(plan)
  const desks = new Map<string, Desk>(
    [...settings.accounts.values()].map(place => [place.account_id, { line: openLine(place, settings, deps), known: knownOrders(), deps }]),
  )
  let away = false
  const stops = new Set<() => Promise<void>>()

  const deskOf = (account_id: string): Desk => {
    const desk = desks.get(account_id)
    if (!desk) throw new BrokerError(sentence('UNKNOWN_ACCOUNT', { account_id }))
    if (away) throw new BrokerConnectionError(sentence('DISCONNECTED', { account_id }))
    return desk
  }
  const anyDesk = (): Desk => deskOf([...desks.keys()][0] ?? '')
  /** What we do not send is rejected: nothing of it can be at the broker. */
  const about = async (account_id: string, work: (desk: Desk) => Promise<OrderResult>): Promise<OrderResult> => {
    if (away || !desks.has(account_id))
      return { kind: 'rejected', reason: sentence(away ? 'DISCONNECTED' : 'UNKNOWN_ACCOUNT', { account_id }) }
    return work(deskOf(account_id))
  }
  const probe = async (): Promise<{ status: BrokerStatus; reason: string | null }> => {
    try {
      await Promise.all([...desks.keys()].map(id => readAccount(deskOf(id).line)))
      return { status: 'CONNECTED', reason: null }
    } catch (error) {
      return { status: 'DISCONNECTED', reason: (error as Error).message }
    }
  }

  return {
    capabilities,
    async connect() {
      away = false
      const { reason } = await probe()
      if (reason !== null) throw new BrokerConnectionError(reason)
    },
    async disconnect() {
      away = true
      await Promise.all([...stops].map(stop => stop()))
    },
    status: async () => (await probe()).status,
    session: async (): Promise<BrokerSession> => ({
      ...(await probe()),
      login_url: null,
      expires_at: null,
      last_message_at: latest([...desks.values()].map(({ line }) => line.lastAnswer())),
    }),
    placeOrder: request => about(request.account_id, desk => placeOrder(desk, request)),
    modifyOrder: request => about(request.account_id, desk => modifyOrder(desk, request)),
    cancelOrder: id => about(id.account_id, desk => cancelOrder(desk, id)),
    getOrder: async id => getOrder(deskOf(id.account_id), id),
    openOrders: async account_id => openOrders(deskOf(account_id)),
    executions: async (account_id, since) => executions(deskOf(account_id), since),
    balance: async account_id => balance(deskOf(account_id).line),
    positions: async account_id => heldPositions(deskOf(account_id).line, deps),
    margin: async account_id => margin(deskOf(account_id).line),
    quote: async instrument => quote(anyDesk().line, instrument, settings),
    dailyCloses: async (instrument, days) => dailyCloses(anyDesk().line, instrument, { days, now: deps.now(), feed: settings.feed }),
    calendar: async (instrument, from, to) => calendar(anyDesk().line, instrument, { from, to }),
    accountEvents: async (account_id, since) => accountEvents(deskOf(account_id).line, since, deps),
    async stream(accounts, onReport) {
      const opening = accounts.map(account_id => followAccount(deskOf(account_id), onReport, patience))
      const opened = await Promise.allSettled(opening)
      const own = opened.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
      const failed = opened.find(each => each.status === 'rejected')
      if (failed) {
        await Promise.all(own.map(end => end()))
        throw failed.reason
      }
      const stop = async () => {
        stops.delete(stop)
        await Promise.all(own.map(end => end()))
      }
      stops.add(stop)
      return stop
    },
  }
}

const latest = (moments: readonly (Date | null)[]): Date | null =>
  moments.reduce((newest, each) => (each && (!newest || each > newest) ? each : newest), null)
