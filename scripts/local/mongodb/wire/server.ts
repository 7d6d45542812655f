import { createServer, type Server, type Socket } from 'node:net'
import { encodeReply, gossip } from '../bson/codec.ts'
import type { Context, Reply } from '../commands/context.ts'
import { dispatch, failure } from '../commands/dispatch.ts'
import { CommandError } from '../errors.ts'
import { frame, isLegacy, type Request, readRequest, splitMessages } from './message.ts'

type Shared = Omit<Context, 'db' | 'name' | 'command'>

const HELLO = new Set(['hello', 'isMaster', 'ismaster'])

const answer = async (shared: Shared, request: Request): Promise<Buffer> => {
  let reply: Reply
  try {
    const { command, name, db } = request
    if (isLegacy(request) && !HELLO.has(name)) throw new CommandError(352, `Unsupported OP_QUERY command: ${name}`)
    reply = await dispatch({ ...shared, command, name, db })
    return frame(request, encodeReply({ ...reply.doc, ok: 1, ...gossip() }, reply.batch))
  } catch (error) {
    return frame(request, encodeReply({ ...failure(error), ...gossip() }))
  }
}

/** Serves one connection: its messages are answered in the order in which they came. */
const serve = (shared: Shared, socket: Socket) => {
  let pending: Buffer[] = []
  let size = 0
  let needed = 0
  let last: Promise<void> = Promise.resolve()
  const handle = async (bytes: Buffer) => {
    if (socket.destroyed) return
    const request = readRequest(bytes)
    const reply = await answer(shared, request)
    if (request.answered && !socket.destroyed) socket.write(reply)
  }
  const fail = (error: unknown) => {
    console.error(JSON.stringify({ severity: 'WARNING', message: 'connection closed', error: String(error) }))
    socket.destroy()
  }
  socket.setNoDelay(true)
  socket.on('error', () => socket.destroy())
  socket.on('data', chunk => {
    pending.push(chunk)
    size += chunk.length
    // A large message comes in many pieces, which are joined once, when all are there.
    if (size < needed) return
    const bytes = pending.length === 1 ? chunk : Buffer.concat(pending, size)
    try {
      const { messages, rest } = splitMessages(bytes)
      pending = rest.length > 0 ? [rest] : []
      size = rest.length
      needed = rest.length >= 4 ? rest.readInt32LE(0) : 0
      for (const message of messages) last = last.then(() => handle(message)).catch(fail)
    } catch (error) {
      fail(error)
    }
  })
}

/** Listens on the loopback address; nothing beyond this machine can reach it. */
export const listen = (port: number, share: (port: number) => Shared): Promise<{ server: Server; port: number; sockets: Set<Socket> }> =>
  new Promise((resolve, reject) => {
    const sockets = new Set<Socket>()
    let shared: Shared | undefined
    const server = createServer(socket => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      if (shared) serve(shared, socket)
    })
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new Error(`MONGODB_PORT: port ${port} is in use`, { cause: error }) : error),
    )
    server.listen({ port, host: '127.0.0.1' }, () => {
      const address = server.address()
      const bound = typeof address === 'object' && address ? address.port : port
      shared = share(bound)
      resolve({ server, port: bound, sockets })
    })
  })
