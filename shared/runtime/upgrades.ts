import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** Takes a connection over that was opened as HTTP. */
export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

const upgrades = new Map<string, Upgrade>()

/** Lets a path of this process's functions be upgraded. */
export const registerUpgrade = (path: string, upgrade: Upgrade): void => {
  upgrades.set(path, upgrade)
}

export const refuseUpgrade = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
}

/** Hands upgrades that a server is asked for to whoever registered their path. */
export function serveUpgrades(server: Server): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const [path = '/'] = (request.url ?? '/').split('?', 1)
    const upgrade = upgrades.get(path)
    if (upgrade) upgrade(request, socket, head)
    else refuseUpgrade(socket, '404 Not Found')
  })
}
