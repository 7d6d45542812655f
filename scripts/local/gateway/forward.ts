import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { http } from '../http.ts'
import { answerProblem } from './problem.ts'

/** Headers that are between two neighbors only (RFC 9110, 7.6.1). */
const hop = ['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'upgrade']

const endToEnd = (headers: IncomingHttpHeaders): IncomingHttpHeaders => {
  const named = String(headers.connection ?? '')
    .split(',')
    .map(name => name.trim().toLowerCase())
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.includes(name) && !named.includes(name)))
}

// Sockets are given back before the functions' servers would close them.
const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 128, timeout: 30_000 })

const RETRY_EVERY_MS = 50

export interface Target {
  port: number
  /** Path and query on the function's process. */
  path: string
  /** How long a process that is just being started again is waited for. */
  patienceMs?: number
}

/** Passes a request on and its answer back, both as they stream. */
export function forward(request: IncomingMessage, response: ServerResponse, { port, path, patienceMs = 8_000 }: Target): void {
  const deadline = Date.now() + patienceMs
  const headers = {
    ...endToEnd(request.headers),
    // Whatever a sender says of where it comes from is not believed: there is no other proxy before this one.
    'x-forwarded-for': request.socket.remoteAddress ?? '',
    'x-forwarded-proto': 'http',
  }

  const attempt = () => {
    const upstream = http.request({ host: '127.0.0.1', port, path, method: request.method, headers, agent })
    const clientGone = () => upstream.destroy()
    response.once('close', clientGone)
    upstream.once('close', () => response.off('close', clientGone))
    upstream.once('socket', socket => {
      // The body is touched only once somebody is there to take it, so that an attempt that was refused can be repeated.
      const send = () => request.pipe(upstream)
      if (socket.connecting) socket.once('connect', send)
      else send()
    })
    upstream.once('response', answer => {
      response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers))
      answer.pipe(response)
      answer.once('error', () => response.destroy())
      answer.once('aborted', () => response.destroy())
    })
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      request.unpipe(upstream)
      if (response.headersSent || response.destroyed) return
      if (error.code !== 'ECONNREFUSED') return lost(response)
      if (Date.now() >= deadline) return unavailable(response)
      setTimeout(attempt, RETRY_EVERY_MS)
    })
  }
  attempt()
}

const lost = (response: ServerResponse) =>
  answerProblem(response, {
    status: 502,
    code: 'CONNECTION_LOST',
    detail: 'The function ended while it worked on this request, which may or may not be done. Ask for its state, or send the same again.',
  })

const unavailable = (response: ServerResponse) =>
  answerProblem(response, {
    status: 503,
    code: 'UNAVAILABLE',
    detail: 'The function that answers here is being started. Try again.',
    headers: { 'retry-after': '2' },
  })
