import { parseArgs } from 'node:util'
import { startSimulator } from './simulator.ts'

// Zerodha on loopback as a process of its own, with one user who is logged in: says where it is and their secret, and stops when told to.

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } })
const simulator = await startSimulator({ port: Number(values.port), users: [{ user_id: 'AB1234', cash: 1_000_000_000 }] })
simulator.price('NSE:INFY', 1500, 1500.5)
const kite = JSON.stringify({ ...simulator.app, access_token: simulator.login('AB1234') })
process.stdout.write(`${JSON.stringify({ url: simulator.url, secrets: { kite } })}\n`)
process.once('SIGTERM', () => void simulator.stop())
