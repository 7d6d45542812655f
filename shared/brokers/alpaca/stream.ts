import { WebSocket } from 'ws'
import type { z } from 'zod'
import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError, type BrokerExecution, type StreamReport } from '../broker.ts'
import { type Desk, executions, linksOf, orderById, tell } from './read-orders.ts'
import { authorization, parseExactly, streamMessage, tradeUpdate } from './wire.ts'

export interface Patience {
  /** How often a sign of life is asked for, and after what silence the stream counts as dead, in ms. */
  ping_ms: number
  silence_ms: number
}

const patience: Patience = { ping_ms: 8_000, silence_ms: 25_000 }

/** Fills appear among the activities a moment after they are streamed. */
const FILL_WAITS_MS = [0, 200, 600, 1_500]
const FILL_OVERLAP_MS = 5_000

/**
 * Follows an account's `trade_updates` from when Alpaca listens until it is stopped or breaks. An execution is told under the id by which
 * asking tells it too, so the stream's fills are looked up before they are told: Alpaca's documents do not say that the stream's id is that
 * of the activity.
 * @throws BrokerConnectionError where Alpaca does not let us listen
 */
export async function followAccount(
  desk: Desk,
  onReport: (report: StreamReport) => void,
  given: Partial<Patience> = {},
): Promise<() => Promise<void>> {
  const { account_id, stream_url } = desk.line.place
  const { key_id, secret_key } = await desk.line.keys()
  const listens = Promise.withResolvers<void>()
  let stopped = false
  let standing = false
  const alive = () => standing && !stopped && onReport({ kind: 'status', status: 'CONNECTED' })
  const broken = () => standing && !stopped && onReport({ kind: 'status', status: 'DISCONNECTED' })
  const socket = listen(stream_url, {
    limits: { ...patience, ...given },
    hello: { action: 'auth', key: key_id, secret: secret_key },
    onAlive: alive,
    onListening() {
      standing = true
      listens.resolve()
      alive()
    },
    // What cannot be read, or looked up, is had by opening anew and asking for everything.
    onUpdate: update => void report(desk, update, each => !stopped && onReport(each)).catch(broken),
    onEnd() {
      broken()
      listens.reject(new BrokerConnectionError(sentence('STREAM_REFUSED', { account_id })))
    },
  })
  await listens.promise
  return async () => {
    stopped = true
    socket.terminate()
  }
}

interface Listening {
  limits: Patience
  hello: object
  onListening: () => void
  onAlive: () => void
  onUpdate: (update: unknown) => void
  onEnd: () => void
}

function listen(url: string, { limits, hello, onListening, onAlive, onUpdate, onEnd }: Listening): WebSocket {
  const socket = new WebSocket(url, { handshakeTimeout: limits.silence_ms })
  const begun = Date.now()
  let heard = begun
  let listening = false
  const pinging = setInterval(() => {
    // One that answers pings, but never lets us in, is as good as dead.
    if (Date.now() - (listening ? heard : begun) > limits.silence_ms) socket.terminate()
    else if (socket.readyState === WebSocket.OPEN) socket.ping()
  }, limits.ping_ms)
  const hear = () => {
    heard = Date.now()
    onAlive()
  }
  socket.on('open', () => socket.send(JSON.stringify(hello)))
  socket.on('ping', hear).on('pong', hear)
  // Binary frames hold the same JSON as text frames.
  socket.on('message', data => {
    hear()
    const message = read(data.toString(), streamMessage)
    if (message?.stream === 'authorization') {
      if (read(message.data, authorization)?.status !== 'authorized') return socket.terminate()
      return socket.send(JSON.stringify({ action: 'listen', data: { streams: ['trade_updates'] } }))
    }
    if (message?.stream === 'listening') {
      listening = true
      return onListening()
    }
    if (message?.stream === 'trade_updates' || message === null) onUpdate(message?.data)
  })
  socket.on('error', () => socket.terminate())
  socket.on('close', () => {
    clearInterval(pinging)
    onEnd()
  })
  return socket
}

function read<T>(source: unknown, schema: z.ZodType<T>): T | null {
  try {
    return schema.safeParse(typeof source === 'string' ? parseExactly(source) : source).data ?? null
  } catch {
    return null
  }
}

/** Tells what an update says. @throws Error where it cannot be read, or tells of what only asking can put right */
async function report(desk: Desk, data: unknown, onReport: (report: StreamReport) => void): Promise<void> {
  const update = read(data, tradeUpdate)
  if (!update || update.event === 'trade_bust' || update.event === 'trade_correct') throw new Error('ask for everything')
  const { event, order } = update
  if (event === 'fill' || event === 'partial_fill') {
    for (const execution of await fillsOf(desk, order.id, order.filled_at ?? order.updated_at)) onReport({ kind: 'execution', execution })
  }
  const whole = order.order_class === null || order.order_class === 'simple' ? order : await entryOf(desk, order.id)
  onReport({ kind: 'order', order: await tell(desk, await linksOf(desk, whole ?? order)) })
}

/** A closing order is told within its entry. */
async function entryOf(desk: Desk, order_id: string) {
  const parent = desk.known.owner(order_id)?.parent_id ?? order_id
  return orderById(desk, parent)
}

async function fillsOf(desk: Desk, order_id: string, at: Date | null): Promise<BrokerExecution[]> {
  const since = new Date((at ?? desk.deps.now()).getTime() - FILL_OVERLAP_MS)
  const before = desk.known.fillsOf(order_id).length
  for (const wait of FILL_WAITS_MS) {
    if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait).unref())
    const found = (await executions(desk, since)).filter(({ broker_order_id }) => broker_order_id === order_id)
    if (found.length > 0 && desk.known.fillsOf(order_id).length > before) return found
  }
  return []
}
