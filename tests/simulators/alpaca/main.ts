import { parseArgs } from 'node:util'
import { startSimulator } from './simulator.ts'

// Alpaca on loopback as a process of its own: says where it is, and stops when it is told to.

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
const simulator = await startSimulator({ port: Number(values.port) })
simulator.openAccount({ key_id: 'simulated-key-1', secret: 'simulated-secret-1', cash: '100000000' })
simulator.price('AAPL', '230', '230.02')
process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`)
process.once('SIGTERM', () => void simulator.stop())
