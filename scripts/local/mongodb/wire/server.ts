import { createServer, type Server, type Socket } from 'node:net'
import { encodeReply, type Reply } from '../bson/reply.ts'
import type { Context } from '../commands/context.ts'
import { dispatch, failure } from '../commands/dispatch.ts'
import { Disconnect } from '../commands/faults.ts'
import { CommandError } from '../errors.ts'
import { frame, isLegacy, type Request, readRequest, splitMessages } from './message.ts'

type Shared = Omit<Context, 'db' | 'name' | 'command'>

const HELLO = new Set(['hello', 'isMaster', 'ismaster'])

const failed = (request: Request, error: unknown) => frame(request, encodeReply({ doc: failure(error) }, false))

/** The reply to a request: at once where nothing has to be waited for. */
const answer = (shared: Shared, request: Request): Buffer | Promise<Buffer> => {
  const fail = (error: unknown) => {
    if (error instanceof Disconnect) throw error
    return failed(request, error)
  }
  const succeed = (reply: Reply) => frame(request, encodeReply(reply, true))
  try {
    const { command, name, db } = request
    if (isLegacy(request) && !HELLO.has(name)) throw new CommandError(352, `Unsupported OP_QUERY command: ${name}`)
    const reply = dispatch({ ...shared, command, name, db })
    return reply instanceof Promise ? reply.then(succeed).catch(fail) : succeed(reply)
  } catch (error) {
    return fail(error)
  }
}

/** Serves one connection: its messages are answered in the order in which they came. */
const serve = (shared: Shared, socket: Socket) => {
  let pending: Buffer[] = []
  let size = 0
  let needed = 0
  let busy = false
  const waiting: Buffer[] = []
  const fail = (error: unknown) => {
    console.error(JSON.stringify({ severity: 'WARNING', message: 'connection closed', error: String(error) }))
    socket.destroy()
  }
  const send = ({ answered }: Request, reply: Buffer) => {
    if (answered && !socket.destroyed) socket.write(reply)
  }
  const next = () => {
    while (!busy && !socket.destroyed) {
      const bytes = waiting.shift()
      if (!bytes) return
      const request = readRequest(bytes)
      const reply = answer(shared, request)
      if (!(reply instanceof Promise)) {
        send(request, reply)
        continue
      }
      busy = true
      reply
        .then(later => {
          busy = false
          send(request, later)
          next()
        })
        .catch(fail)
    }
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
      waiting.push(...messages)
      next()
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
