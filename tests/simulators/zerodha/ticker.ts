import type { IncomingMessage, Server } from 'node:http'
import { type RawData, type WebSocket, WebSocketServer } from 'ws'
import type { Listed, Price } from './shapes.ts'

type Mode = 'ltp' | 'quote' | 'full'

interface Client {
  socket: WebSocket
  user_id: string
  modes: Map<number, Mode>
}

interface Ticker {
  userOf(api_key: string | null, access_token: string | null): string
  heartbeat_ms: number
}

/** Kite's WebSocket: a heartbeat of one byte, prices in packed binary, and orders as text. */
export function ticker(server: Server, { userOf, heartbeat_ms }: Ticker) {
  const clients = new Set<Client>()
  const sockets = new WebSocketServer({ noServer: true })
  let silent = false

  server.on('upgrade', (request: IncomingMessage, stream, head) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://kite')
    const refuse = (line: string) => stream.end(`HTTP/1.1 ${line}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
    if (!pathname.startsWith('/ticker')) return void refuse('404 Not Found')
    let user_id: string
    try {
      user_id = userOf(searchParams.get('api_key'), searchParams.get('access_token'))
    } catch {
      return void refuse('403 Forbidden')
    }
    sockets.handleUpgrade(request, stream, head, socket => {
      const client: Client = { socket, user_id, modes: new Map() }
      clients.add(client)
      socket.on('message', data => hear(client, data))
      socket.on('close', () => clients.delete(client))
      socket.send(JSON.stringify({ type: 'instruments_meta', data: { count: 1, etag: 'W/"68907d60-55bd"' } }))
    })
  })

  const beat = setInterval(() => {
    if (!silent) for (const { socket } of clients) socket.send(Buffer.alloc(1))
  }, heartbeat_ms)
  beat.unref()

  return {
    order: (user_id: string, data: object): void => {
      if (silent) return
      for (const client of clients) if (client.user_id === user_id) client.socket.send(JSON.stringify({ type: 'order', id: '', data }))
    },
    price: ({ instrument_token }: Listed, price: Price): void => {
      for (const { socket, modes } of clients) {
        const mode = modes.get(instrument_token)
        if (mode && !silent) socket.send(message([packet(instrument_token, price, mode)]))
      }
    },
    /** Sends text that is no message of Kite's. */
    garbage: (): void => {
      for (const { socket } of clients) socket.send('<html>bad gateway</html>')
    },
    drop: (): void => {
      for (const { socket } of clients) socket.terminate()
    },
    /** Goes on, but says nothing more. */
    silence: (quiet = true): void => {
      silent = quiet
    },
    count: () => clients.size,
    stop: (): void => {
      clearInterval(beat)
      for (const { socket } of clients) socket.terminate()
      sockets.close()
    },
  }
}

function hear({ modes }: Client, data: RawData): void {
  const { a, v } = JSON.parse(String(data)) as { a: string; v: unknown }
  if (a === 'subscribe') for (const token of v as number[]) modes.set(token, 'quote')
  if (a === 'unsubscribe') for (const token of v as number[]) modes.delete(token)
  if (a === 'mode') {
    const [mode, tokens] = v as [Mode, number[]]
    for (const token of tokens) modes.set(token, mode)
  }
}

const sizes: Record<Mode, number> = { ltp: 8, quote: 44, full: 184 }
const DEPTH_AT = 64
const paise = (price: number): number => Math.round(price * 100)

/** Prices are in paise; the depth is five bids, then five asks, of 12 bytes each. */
function packet(token: number, { bid, ask, last }: Price, mode: Mode): Buffer {
  const bytes = Buffer.alloc(sizes[mode])
  bytes.writeInt32BE(token, 0)
  bytes.writeInt32BE(paise(last), 4)
  if (mode !== 'full') return bytes
  bytes.writeInt32BE(1, DEPTH_AT)
  bytes.writeInt32BE(paise(bid), DEPTH_AT + 4)
  bytes.writeInt32BE(1, DEPTH_AT + 60)
  bytes.writeInt32BE(paise(ask), DEPTH_AT + 64)
  return bytes
}

function message(packets: readonly Buffer[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(packets.length)
  const sized = packets.flatMap(each => {
    const size = Buffer.alloc(2)
    size.writeInt16BE(each.length)
    return [size, each]
  })
  return Buffer.concat([count, ...sized])
}
