import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { demoContracts } from './contracts.ts'
import { startSimulator } from './server.ts'

// A gateway of Interactive Brokers on loopback as a process of its own, for measurements: it says where it is, does what its parent asks for,
// and stops with it.

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
const simulator = await startSimulator({ port: Number(values.port) })
simulator.price('AAPL', '100', '100.02')

/** So much may lie in a socket before more is written. */
const MOST_WRITTEN = 1_000_000

const tasks: Record<string, (count: number) => Promise<unknown>> = {
  /** Bid, ask and last of one instrument, again and again. */
  ticks: async count => {
    for (let told = 0; told < count; told += 3) {
      simulator.price('AAPL', `100.0${told % 9}`, '100.1')
      if (told % 3_000 === 0) while ([...simulator.clients].some(({ socket }) => socket.writableLength > MOST_WRITTEN)) await wait(1)
    }
    return null
  },
  /** Resting orders of the client that is connected. */
  orders: async count => {
    for (let n = 1; n <= count; n += 1)
      simulator.foreignOrder('AAPL', { client_id: 7, order_id: 1_000_000 + n, order_ref: `standing${n}`, limit: '1' })
    return null
  },
  drop: async () => simulator.dropAll(),
  sent: async () => {
    const times = simulator.seen.map(({ at }) => at)
    const most = Math.max(0, ...times.map((from, index) => times.slice(index, index + 60).filter(at => at < from + 1_000).length))
    return { most, pacing_errors: [...simulator.clients].reduce((sum, client) => sum + client.pacing_errors, 0) }
  },
}

process.on('message', async ({ task, count = 0 }: { task: string; count?: number }) => {
  process.send?.({ done: task, answer: (await tasks[task]?.(count)) ?? null })
})
process.on('disconnect', () => process.exit(0))
process.send?.({ done: 'start', answer: { port: simulator.port, symbols: demoContracts.length } })
