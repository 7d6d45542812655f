import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { PlaceRequest } from '../../../shared/brokers/broker.ts'
import { ibkrBroker } from '../../../shared/brokers/ibkr/ibkr-broker.ts'
import { noTerms } from '../../../shared/brokers/order-terms.ts'
import { Decimal, ONE } from '../../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../../shared/messages/instrument.ts'
import { measuredShare } from '../measured-share.ts'

// The adapter of Interactive Brokers against its simulated gateway, each in a process of its own; writes its figures as JSON.

const WARM_UP = 10
const ORDERS = 100
/** Slower than the pace of the adapter, so that nobody waits for a turn. */
const APART_MS = 30
const RATE = { per_second: 50, seconds: 6 }
const STANDING = 500
const TICKS = 1_000_000

const simulator = fork(fileURLToPath(new URL('../../../tests/simulators/ibkr/main.ts', import.meta.url)))
const said = async (): Promise<Record<string, number>> => {
  const [message] = await once(simulator, 'message')
  return (message as { answer: Record<string, number> }).answer
}
const ask = (task: string, count?: number) => {
  simulator.send({ task, count })
  return said()
}
const { port = 0 } = await said()

const instrument: InstrumentDocument = {
  ...measuredShare,
  ...{ instrument_id: 'EQUITY:AAPL', symbol: 'AAPL', name: 'Apple', exchange: 'NASDAQ', calendar: 'XNYS' },
}
const broker = ibkrBroker(
  { broker_id: 'BENCH', connection: { port, client_id: 7, again_after_ms: [1], order_ms: 30_000, request_ms: 30_000 } },
  { now: () => new Date(), instruments: { byId: async () => instrument, bySymbol: async () => instrument } },
)

let orders = 0
const limit = (): PlaceRequest => ({
  ...{ account_id: 'DU1234567', client_order_id: `bench${++orders}`, instrument, action: 'BUY', quantity: ONE, order_type: 'LIMIT' },
  ...{ ...noTerms, limit_price: new Decimal(90), time_in_force: 'GTC', is_exit: false },
})
async function place(): Promise<number> {
  const began = performance.now()
  const { kind } = await broker.placeOrder(limit())
  if (kind !== 'confirmed') throw new Error(`an order was not confirmed: ${kind}`)
  return performance.now() - began
}

async function placeApart(): Promise<number[]> {
  const taken: number[] = []
  for (let n = 0; n < WARM_UP + ORDERS; n += 1) {
    const ms = await place()
    if (n >= WARM_UP) taken.push(ms)
    await wait(APART_MS)
  }
  return taken
}

async function placeAtRate() {
  const { per_second, seconds } = RATE
  const began = performance.now()
  const placed: Promise<number>[] = []
  for (let n = 0; n < per_second * seconds; n += 1) {
    placed.push(place())
    await wait(Math.max(0, began + (n + 1) * (1_000 / per_second) - performance.now()))
  }
  const taken = await Promise.all(placed)
  return { orders: taken.length, asked_per_second: per_second, ms: performance.now() - began, ...(await ask('sent')) }
}

async function reconnect(): Promise<number> {
  await ask('orders', STANDING)
  const began = performance.now()
  await ask('drop')
  while ((await broker.status()) === 'CONNECTED') await wait(1)
  while ((await broker.status()) !== 'CONNECTED') await wait(1)
  const known = (await broker.openOrders('DU1234567')).length
  if (known < STANDING) throw new Error(`only ${known} orders are known again`)
  return performance.now() - began
}

async function follow() {
  const rss = () => process.memoryUsage().rss
  const before = rss()
  await broker.quote(instrument)
  const began = performance.now()
  await ask('ticks', TICKS)
  await ask('sent')
  return { ticks: TICKS, rss_before: before, rss_after: rss(), ms: performance.now() - began }
}

await broker.connect()
const taken = await placeApart()
const rate = await placeAtRate()
const reconnect_ms = await reconnect()
const ticks = await follow()
process.stdout.write(`${JSON.stringify({ taken, rate, standing: STANDING, reconnect_ms, ticks })}\n`)
await broker.disconnect()
simulator.disconnect()
