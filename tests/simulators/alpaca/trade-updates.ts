import type { Server } from 'node:http'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Faults } from './faults.ts'
import { orderBody } from './wire.ts'
import type { SimAccount, TradeEvent, World } from './world.ts'

const PING_MS = 5_000

export interface TradeUpdates {
  tell(account: SimAccount, event: TradeEvent): void
  /** Breaks every stream without a word. */
  drop(): void
  /** Answers no ping any more, though nothing is closed. */
  mute(): void
  /** Streams that listen now. */
  listening(): number
  close(): void
}

/** The stream at `/stream`: authentication, `listen`, and `trade_updates` in binary frames of JSON. */
export function tradeUpdates(server: Server, world: Pick<World, 'accounts'>, faults: Faults): TradeUpdates {
  const sockets = new WebSocketServer({ noServer: true })
  const listeners = new Map<WebSocket, { account: SimAccount | null; listens: boolean }>()
  let waiting: { account: SimAccount; text: string } | null = null

  server.on('upgrade', (request, socket, head) => {
    if (request.url?.startsWith('/stream')) sockets.handleUpgrade(request, socket, head, accepted => open(accepted))
    else socket.destroy()
  })

  const say = (socket: WebSocket, text: string) => {
    if (faults.stream.silent || socket.readyState !== socket.OPEN) return
    const sent = faults.stream.garbage ? text.slice(0, text.length / 2) : text
    socket.send(faults.stream.text ? sent : Buffer.from(sent), { binary: !faults.stream.text })
  }

  const open = (socket: WebSocket) => {
    const listener: { account: SimAccount | null; listens: boolean } = { account: null, listens: false }
    listeners.set(socket, listener)
    socket.on('close', () => listeners.delete(socket))
    socket.on('error', () => socket.terminate())
    socket.on('message', data => {
      const message = read(String(data))
      const action = message?.action
      if (action === 'auth' || action === 'authenticate') {
        listener.account = authenticated(world, message)
        const status = listener.account ? 'authorized' : 'unauthorized'
        say(socket, JSON.stringify({ stream: 'authorization', data: { action: 'authenticate', status } }))
      } else if (action === 'listen' && listener.account) {
        const asked = ((message?.data as { streams?: string[] } | undefined)?.streams ?? []).filter(name => name === 'trade_updates')
        listener.listens = asked.length > 0
        say(socket, JSON.stringify({ stream: 'listening', data: { streams: asked } }))
      } else say(socket, JSON.stringify({ action: 'error', data: { error_message: 'not authenticated or unknown action' } }))
    })
  }

  const send = (account: SimAccount, text: string) => {
    for (const [socket, listener] of listeners) {
      if (listener.account !== account || !listener.listens) continue
      say(socket, text)
      if (faults.stream.duplicated) say(socket, text)
    }
  }

  const pinging = setInterval(() => {
    if (!faults.stream.silent) for (const socket of listeners.keys()) socket.ping()
  }, PING_MS)

  return {
    tell(account, event) {
      const text = JSON.stringify({ stream: 'trade_updates', data: updateBody(event) })
      if (faults.stream.reordered && waiting === null) {
        waiting = { account, text }
        return
      }
      send(account, text)
      if (waiting) send(waiting.account, waiting.text)
      waiting = null
    },
    drop() {
      for (const socket of listeners.keys()) socket.terminate()
    },
    mute() {
      // What a socket reads no more, it does not answer.
      for (const socket of listeners.keys()) socket.pause()
    },
    listening: () => [...listeners.values()].filter(({ listens }) => listens).length,
    close() {
      clearInterval(pinging)
      for (const socket of listeners.keys()) socket.terminate()
      sockets.close()
    },
  }
}

function updateBody({ event, order, at, fill }: TradeEvent): unknown {
  return {
    event,
    timestamp: at.toISOString(),
    order: orderBody(order, { nested: false }),
    ...(fill && {
      execution_id: fill.execution_id,
      price: fill.price.toFixed(),
      qty: fill.qty.toFixed(),
      position_qty: fill.position_qty.toFixed(),
    }),
  }
}

/** `{"action": "auth", "key", "secret"}`, or the older form with `data.key_id` and `data.secret_key`. */
function authenticated({ accounts }: Pick<World, 'accounts'>, message: Record<string, unknown> | null): SimAccount | null {
  const data = (message?.data ?? {}) as Record<string, unknown>
  const account = accounts.get(String(message?.key ?? data.key_id))
  return account && account.secret === (message?.secret ?? data.secret_key) ? account : null
}

const read = (text: string): Record<string, unknown> | null => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
