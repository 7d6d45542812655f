import { parseArgs } from 'node:util'
import { startSimulator } from './start.ts'

// Binance on loopback as a process of its own: says where it is, and stops when it is told to.

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
const simulator = await startSimulator({ port: Number(values.port) })
for (const [symbol, bid, ask] of [
  ['BTCUSDT', '65000', '65000.01'],
  ['ETHUSDT', '3500', '3500.01'],
  ['BNBUSDT', '600', '600.01'],
] as const)
  simulator.price(symbol, bid, ask)
process.stdout.write(`${JSON.stringify({ url: simulator.url })}\n`)
process.once('SIGTERM', () => void simulator.stop())
