import { WebSocket } from 'ws'
import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, type StreamReport } from '../broker.ts'
import type { Desk } from './change-orders.ts'
import { type Line, needsLogin } from './line.ts'
import type { OrderBook } from './order-book.ts'
import { orderMessage, parseExactly } from './wire.ts'

/** Kite says every second that it is there; a socket that is silent for so long is dead. */
const SILENT_MS = 15_000
const LOOK_EVERY_MS = 1_000
/** How often it is told onward that a socket lives. */
const TELL_EVERY_MS = 2_000
const OPEN_WITHIN_MS = 8_000

type Tell = (report: StreamReport) => void

interface Streams {
  ticker_url: string
  desks: readonly Desk[]
  onReport: Tell
}

/**
 * Kite's ticker, for what it says of orders: each message is followed by the order's trades, so that its fills have their own ids. Accounts
 * without a login are left out, until one of theirs is known. @throws BrokerConnectionError where none opens
 */
export async function openStream({ ticker_url, desks, onReport }: Streams): Promise<() => Promise<void>> {
  const open = new Map<string, () => void>()
  let ended = false
  const end = async () => {
    ended = true
    clearInterval(timer)
    for (const close of open.values()) close()
  }
  const lost = () => {
    if (!ended) onReport({ kind: 'status', status: 'DISCONNECTED' })
  }
  const follow = async (desk: Desk): Promise<void> => {
    open.set(desk.line.place.account_id, await followOrders({ ticker_url, ...desk, onReport, lost }))
  }
  const waiting = async () => {
    for (const desk of desks) if (!open.has(desk.line.place.account_id) && (await desk.line.login())) await follow(desk)
  }
  const timer = setInterval(() => void waiting().catch(lost), 5 * LOOK_EVERY_MS)
  try {
    await waiting()
    if (open.size === 0) throw needsLogin(desks.map(({ line }) => line.place.account_id).join(' '))
  } catch (error) {
    await end()
    throw error
  }
  return end
}

interface Following {
  ticker_url: string
  line: Line
  book: OrderBook
  onReport: Tell
  lost(): void
}

/** Opens one account's socket; gives what closes it. */
async function followOrders({ ticker_url, line, book, onReport, lost }: Following): Promise<() => void> {
  const [login, { api_key }] = await Promise.all([line.login(), line.app()])
  const { account_id } = line.place
  if (!login) throw needsLogin(account_id)
  const socket = new WebSocket(`${ticker_url}?${new URLSearchParams({ api_key, access_token: login.access_token })}`, {
    headers: { 'x-kite-version': '3' },
    handshakeTimeout: OPEN_WITHIN_MS,
  })
  await new Promise<void>((resolve, reject) => {
    // The library's own words have the address in them, and that the token.
    socket.once('error', () => reject(new BrokerConnectionError(sentence('STREAM_NOT_OPENED', { account_id }))))
    socket.once('open', () => resolve())
  })
  socket.on('error', () => undefined)
  let heard = performance.now()
  let told = 0
  const alive = () => {
    heard = performance.now()
    if (heard - told < TELL_EVERY_MS && told > 0) return
    told = heard
    onReport({ kind: 'status', status: 'CONNECTED' })
  }
  const watch = setInterval(() => {
    if (performance.now() - heard > SILENT_MS) socket.terminate()
  }, LOOK_EVERY_MS)
  socket.on('message', (data, isBinary) => {
    alive()
    const seen = isBinary ? null : readOrder(String(data))
    // What cannot be asked now is found by asking later (rule 8).
    if (seen)
      void book.shown(seen).then(
        order => onReport({ kind: 'order', order }),
        () => undefined,
      )
  })
  socket.once('close', () => {
    clearInterval(watch)
    lost()
  })
  alive()
  return () => {
    clearInterval(watch)
    socket.terminate()
  }
}

/** The order that a text of the ticker's tells of; null where it tells of something else. */
function readOrder(text: string) {
  try {
    return orderMessage.safeParse(parseExactly(text)).data?.data ?? null
  } catch {
    return null
  }
}
