import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

/** A connection that was opened as HTTP. */
export interface Opening {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
  /** What the address holds behind the path, where it does. */
  token: string | null
}

type Upgrade = (opening: Opening) => void

const upgrades = new Map<string, Upgrade>()

/** Lets a path of this process's functions be upgraded, with a secret token behind it or without. */
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
    const plain = upgrades.get(path)
    const [, parent = '', behind = ''] = /^(.*)\/([^/]+)$/.exec(path) ?? []
    const token = plain ? null : tokenOf(behind)
    const upgrade = plain ?? (token === null ? undefined : upgrades.get(parent))
    if (upgrade) upgrade({ request, socket, head, token })
    else refuseUpgrade(socket, '404 Not Found')
  })
}

const LONGEST_TOKEN = 200

function tokenOf(part: string): string | null {
  try {
    const token = decodeURIComponent(part)
    return token !== '' && token.length <= LONGEST_TOKEN ? token : null
  } catch {
    return null
  }
}
