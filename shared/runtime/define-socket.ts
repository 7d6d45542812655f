import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { StepName } from '../messages/pipeline-names.ts'
import { addressOf } from './address.ts'
import { defineBackground } from './background.ts'
import { refuseUpgrade, registerUpgrade } from './upgrades.ts'

/** What a socket's other end said when it opened it. */
export interface Handshake {
  headers: IncomingHttpHeaders
  address: string
  /** Of the path, where it holds one. */
  path_token: string | null
}

interface SocketPlan {
  step: StepName
  /** A secret token may follow it. */
  path: string
  /** Addresses at the end of `X-Forwarded-For` that our own proxies have written. */
  hops: number
  /** Bytes of a message that is answered at all; a larger one ends the connection. */
  largest: number
  most: number
  /** The one reply to a message; it does not throw. */
  reply(message: Buffer, handshake: Handshake): Promise<string>
}

const PING_EVERY_MS = 30_000
/** Messages of one socket that wait for their turn; then no more are read from it until they had it. */
const WAITING = 32

const bytesOf = (data: RawData): Buffer => (Array.isArray(data) ? Buffer.concat(data) : Buffer.isBuffer(data) ? data : Buffer.from(data))

/** Serves a WebSocket address: every message gets one reply, in the order in which they came. */
export function defineSocket({ step, path, hops, largest, most, reply }: SocketPlan): void {
  const server = new WebSocketServer({ noServer: true, maxPayload: largest, perMessageDeflate: false })
  const alive = new WeakSet<WebSocket>()

  server.on('connection', (socket: WebSocket, { headers, socket: { remoteAddress } }: IncomingMessage, path_token: string | null) => {
    const handshake = { headers, address: addressOf({ headers, remoteAddress, hops }), path_token }
    let turn: Promise<void> = Promise.resolve()
    let waiting = 0
    const answer = async (message: Buffer) => {
      const text = await reply(message, handshake)
      if (socket.readyState === socket.OPEN) socket.send(text)
      if (--waiting < WAITING) socket.resume()
    }
    alive.add(socket)
    socket.on('pong', () => alive.add(socket))
    socket.on('error', () => socket.terminate())
    socket.on('message', data => {
      if (++waiting >= WAITING) socket.pause()
      turn = turn.then(() => answer(bytesOf(data)))
    })
  })

  registerUpgrade(path, ({ request, socket, head, token }) => {
    if (server.clients.size >= most) return refuseUpgrade(socket, '503 Service Unavailable')
    server.handleUpgrade(request, socket, head, opened => server.emit('connection', opened, request, token))
  })

  defineBackground(step, ending => {
    const timer = setInterval(() => {
      for (const socket of server.clients) {
        if (!alive.delete(socket)) socket.terminate()
        else socket.ping()
      }
    }, PING_EVERY_MS)
    return new Promise(resolve => {
      ending.addEventListener('abort', () => {
        clearInterval(timer)
        for (const socket of server.clients) {
          socket.close(1001)
          socket.terminate()
        }
        resolve()
      })
    })
  })
}
