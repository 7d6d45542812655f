import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { refuseUpgrade } from '../../../shared/runtime/upgrades.ts'
import { http } from '../http.ts'

interface Opened {
  socket: Duplex
  head: Buffer
}

const headLines = ({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string => {
  const headers = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []))
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...headers, '', ''].join('\r\n')
}

/** Passes the opening of a WebSocket on, and then every byte of both sides until one of them ends. */
export function forwardUpgrade(request: IncomingMessage, { socket, head }: Opened, { port, path }: { port: number; path: string }): void {
  const headers = { ...request.headers, 'x-forwarded-for': request.socket.remoteAddress ?? '', 'x-forwarded-proto': 'http' }
  const upstream = http.request({ host: '127.0.0.1', port, path, headers, agent: false })
  socket.on('error', () => upstream.destroy())
  socket.once('close', () => upstream.destroy())
  upstream.once('upgrade', (answer, other, otherHead) => {
    socket.write(headLines(answer))
    socket.write(otherHead)
    other.write(head)
    other.on('error', () => socket.destroy())
    other.once('close', () => socket.destroy())
    socket.once('close', () => other.destroy())
    other.pipe(socket).pipe(other)
  })
  upstream.once('response', answer => {
    answer.resume()
    refuseUpgrade(socket, `${answer.statusCode} ${answer.statusMessage}`)
  })
  upstream.once('error', () => refuseUpgrade(socket, '503 Service Unavailable'))
  upstream.end()
}
