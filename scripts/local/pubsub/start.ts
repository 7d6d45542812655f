import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBroker } from './broker.ts'
import type { SubscriptionStats } from './delivery.ts'
import { inUse, serveApi } from './server.ts'
import { openStorage } from './storage.ts'

type Options = {
  /** Where topics, subscriptions and unacknowledged messages are kept. */
  dataDir: string
  /** Loopback port of the API; 0 = any. */
  port: number
  /** Sent as the bearer token of each push, in place of the OIDC token that Google would sign. */
  pushToken?: string | undefined
  /** Loopback port of `GET /stats`; 0 = any, none where absent. */
  statsPort?: number | undefined
}

export type Pubsub = { host: string; port: number; statsPort: number | undefined; stats(): SubscriptionStats[]; close(): Promise<void> }

const HOST = '127.0.0.1'

/** Starts the Pub/Sub server on the loopback address. Google's client reaches it through PUBSUB_EMULATOR_HOST=host:port. */
export const startPubsub = async ({ dataDir, port, pushToken, statsPort }: Options): Promise<Pubsub> => {
  const storage = openStorage(dataDir)
  const broker = createBroker({ storage, pushToken })
  const closers = [() => broker.close(), () => storage.close()]
  const close = async () => {
    for (const part of closers) await part()
  }
  try {
    const api = await serveApi(broker, port)
    closers.unshift(api.close)
    const stats = statsPort === undefined ? undefined : await serveStats(broker.stats, statsPort)
    if (stats) closers.unshift(stats.close)
    return { host: HOST, port: api.port, statsPort: stats?.port, stats: broker.stats, close }
  } catch (error) {
    await close()
    throw error
  }
}

const serveStats = async (stats: () => SubscriptionStats[], port: number) => {
  const server = http.createServer((request, response) => {
    const found = request.method === 'GET' && request.url === '/stats'
    response
      .writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(found ? stats() : { title: 'Not found' }))
  })
  await new Promise<void>((resolve, reject) => server.once('error', error => reject(inUse(error, port))).listen(port, HOST, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
