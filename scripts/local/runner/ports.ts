import { connect, createServer } from 'node:net'

export const HOST = '127.0.0.1'

/** Ports in the order in which they follow `--port`. */
export interface Ports {
  gateway: number
  mongodb: number
  pubsub: number
  pubsubStats: number
  market: number
  identity: number
  /** Of the paper broker, where it runs in a process of its own. */
  paperBroker: number
  scheduler: number
  /** The first of the simulated brokers’. */
  simulators: number
  /** By system. */
  functions: Record<string, number>
}

export const portsFrom = (first: number, systems: readonly string[]): Ports => ({
  gateway: first,
  mongodb: first + 1,
  pubsub: first + 2,
  pubsubStats: first + 3,
  market: first + 4,
  identity: first + 5,
  paperBroker: first + 6,
  scheduler: first + 7,
  simulators: first + 8 + systems.length,
  functions: Object.fromEntries(systems.map((system, index) => [system, first + 8 + index])),
})

/** Those of the ports that something else listens on. */
export async function takenPorts(ports: readonly number[]): Promise<number[]> {
  const free = await Promise.all(ports.map(isFree))
  return ports.filter((_, index) => !free[index])
}

const isFree = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: HOST, exclusive: true }, () => server.close(() => resolve(true)))
  })

const answers = (port: number): Promise<boolean> =>
  new Promise(resolve => {
    const socket = connect({ port, host: HOST })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

const POLL_MS = 20

/** Resolves when something listens on a port: every process opens its port when it is ready, not before. */
export async function listening(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await answers(port))) await new Promise(resolve => setTimeout(resolve, POLL_MS))
}
