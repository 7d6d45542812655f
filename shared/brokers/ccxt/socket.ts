import { once } from 'node:events'
import WebSocket from 'ws'
import type { StreamReport } from '../broker.ts'
import { parseUnrounded } from './exact-json.ts'

const PING_EVERY_MS = 5_000
const SILENT_MS = 20_000
const OPEN_WITHIN_MS = 8_000

export interface Listening {
  url: string
  tell(report: StreamReport): void
  /** Of each message; what it throws is a message that is left to asking. */
  heard(message: unknown): Promise<void> | void
}

/** A WebSocket that says that it lives as long as its other end answers pings, and that it is gone once it is. Messages are taken in turn. */
export async function listen({ url, tell, heard }: Listening): Promise<WebSocket> {
  const socket = new WebSocket(url, { handshakeTimeout: OPEN_WITHIN_MS, followRedirects: false })
  let turn: Promise<void> = Promise.resolve()
  socket.on('message', data => {
    turn = turn.then(async () => heard(parseUnrounded(String(data)))).catch(() => undefined)
  })
  let answeredAt = performance.now()
  const alive = () => {
    answeredAt = performance.now()
    tell({ kind: 'status', status: 'CONNECTED' })
  }
  socket.on('pong', alive)
  socket.on('ping', alive)
  // A socket's error is always followed by its end.
  socket.on('error', () => undefined)
  await Promise.race([once(socket, 'open'), once(socket, 'close').then(() => Promise.reject(new Error('the stream was not opened')))])
  const pinging = setInterval(() => {
    // One of several may be dead while the others speak.
    if (performance.now() - answeredAt > SILENT_MS) socket.terminate()
    else socket.ping()
  }, PING_EVERY_MS)
  socket.on('close', () => {
    clearInterval(pinging)
    tell({ kind: 'status', status: 'DISCONNECTED' })
  })
  alive()
  return socket
}

/** Ends a socket, whether or not its other end says goodbye. */
export async function close(socket: WebSocket): Promise<void> {
  if (socket.readyState === WebSocket.CLOSED) return
  const closed = once(socket, 'close')
  socket.close()
  const late = setTimeout(() => socket.terminate(), 1_000)
  await closed
  clearTimeout(late)
}
