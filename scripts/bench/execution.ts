import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PubSub } from '@google-cloud/pubsub'
import { MongoClient } from 'mongodb'
import type { Broker, PlaceRequest } from '../../shared/brokers/broker.ts'
import { noTerms } from '../../shared/brokers/order-terms.ts'
import { draftOrder } from '../../shared/brokers/paper/order-terms.ts'
import { paperBroker } from '../../shared/brokers/paper/paper-broker.ts'
import { Decimal } from '../../shared/domain/money/decimal.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import { orderCommand } from '../../shared/messages/order.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { paperOrders } from '../../shared/store/paper-book.ts'
import { readEndpoints } from '../local/endpoints.ts'
import { type Bench, type Row, rounded, spreadMs, type Table } from './figures.ts'
import { alternating, openSender } from './post-signal.ts'
import { startSystem } from './system.ts'
import { type Trail, trailsSince } from './trails.ts'
import { endOf, flatten, settled } from './wait-for-end.ts'

const ROUND_TRIPS = 60
const OPEN_ORDERS = 1_000
const CYCLES_FOR_MS = 8_000
const FILLS_SEEN = 10
const FAULTY = { rate: 10, seconds: 6 }
const PATIENCE_MS = 60_000
const account_id = 'Binance_Main'
const instrument_id = 'CRYPTO:BTCUSDT'

const difference = (trails: readonly Trail[], from: 'accepted' | 'ordered' | 'atBroker' | 'filled', to: 'atBroker' | 'booked') =>
  trails.flatMap(({ [from]: begun, [to]: ended }) => (begun === null || ended === null ? [] : [ended - begun]))

/** Signals one after another: order → broker, fill → position → account state. */
async function wayOfOrders(bench: Bench): Promise<Table> {
  const since = new Date()
  const sender = openSender(bench.system.endpoints.signals_url ?? '', 1)
  const wishes = alternating(bench.strategies)
  for (let sent = 0; sent < ROUND_TRIPS; sent += 1) {
    const { signal_id } = await sender.post(wishes.next().value)
    if (signal_id !== null) await endOf(bench.db, signal_id, PATIENCE_MS)
  }
  sender.close()
  await delay(1_500) // for the last one's account state
  const [trails, states] = await Promise.all([
    trailsSince(bench.db, since),
    bench.db
      .collection('account_state')
      .find({ timestamp: { $gte: since } })
      .sort({ timestamp: 1 })
      .toArray(),
  ])
  const read = trails.flatMap(({ booked, account_id: account }) => {
    const state = states.find(each => each.account_id === account && each.timestamp.getTime() >= (booked ?? Number.POSITIVE_INFINITY))
    return booked === null || !state ? [] : [state.timestamp.getTime() - booked]
  })
  return {
    title: `Execution: ${trails.length} signals, one after another`,
    rows: [
      { step: 'signal accepted → order at the broker', ...spreadMs(difference(trails, 'accepted', 'atBroker')) },
      { step: 'order taken up → at the broker', ...spreadMs(difference(trails, 'ordered', 'atBroker')) },
      { step: 'fill known → in the position', ...spreadMs(difference(trails, 'filled', 'booked')) },
      { step: 'in the position → account state read', ...spreadMs(read) },
    ],
    notes: ['An account is read at most every second.'],
  }
}

const limitOrder = (instrument: InstrumentDocument, client_order_id: string): PlaceRequest => ({
  account_id,
  client_order_id,
  instrument,
  action: 'BUY',
  quantity: instrument.lot,
  order_type: 'LIMIT',
  time_in_force: 'GTC',
  ...noTerms,
  limit_price: new Decimal(100),
  is_exit: false,
})

/** Milliseconds between the supervisor's looks: its lease says when the last one began. */
async function cycleTimes({ db }: Bench): Promise<number[]> {
  const times: number[] = []
  let before: number | null = null
  const ends = performance.now() + CYCLES_FOR_MS
  while (performance.now() < ends) {
    const lease = await db.collection('leases').findOne({ lease_id: 'supervise-orders' })
    const began: number | null = lease?.looked_at?.getTime() ?? null
    if (began !== null && before !== null && began !== before) times.push(began - before)
    before = began
    await delay(100)
  }
  return times
}

interface Watching {
  bench: Bench
  broker: Broker
  instrument: InstrumentDocument
}

/** Orders of ours rest, fill where nobody told us, each at a moment of its own, and are seen: from the fill until it is booked. */
async function fillsSeen({ bench: { db, system }, broker, instrument }: Watching): Promise<number[]> {
  const { project_id, pubsub_emulator_host } = system.endpoints
  process.env.METADATA_SERVER_DETECTION = 'none'
  process.env.PUBSUB_EMULATOR_HOST = pubsub_emulator_host ?? ''
  const pubsub = new PubSub({ projectId: project_id })
  const seen = await Promise.all(Array.from({ length: FILLS_SEEN }, (_, n) => fillSeen(n)))
  await pubsub.close()
  return seen.flatMap(time => time ?? [])

  async function fillSeen(n: number): Promise<number | null> {
    const order_id = `bench_${Date.now()}_${n}_ORD`
    const resting = limitOrder(instrument, order_id)
    const { instrument: _, ...terms } = resting
    const command = orderCommand.strip().encode({
      ...terms,
      command: 'PLACE',
      target_order_id: null,
      order_id,
      signal_id: order_id,
      // Nobody's: an exit is taken back where its strategy's position has ended.
      strategy_id: order_id,
      broker_id: 'Paper_Direct',
      trading_mode: 'PAPER',
      instrument_id,
      instrument,
      is_exit: true,
      max_slippage: null,
      signal_received_at: new Date(),
    })
    await pubsub.topic('trading-orders').publishMessage({ json: command, attributes: { route: 'direct' } })
    await until(async () => (await db.collection('trading_orders').findOne({ order_id }))?.status === 'SUBMITTED')
    await delay(((n + Math.random()) / FILLS_SEEN) * CYCLES_FOR_MS)
    const quote = await broker.quote(instrument)
    await broker.modifyOrder({ ...resting, changes: { limit_price: (quote?.ask ?? new Decimal(0)).times(2).floor() } })
    const fill = (await broker.getOrder(resting))?.fills[0]
    await until(async () => (await db.collection('fills').findOne({ order_id }))?.booked_at != null)
    const booked = await db.collection('fills').findOne({ order_id })
    return fill && booked ? booked.booked_at.getTime() - fill.time.getTime() : null
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const ends = performance.now() + PATIENCE_MS
  while (!(await holds())) {
    if (performance.now() > ends) throw new Error(`it did not come about within ${PATIENCE_MS} ms: ${holds}`)
    await delay(10)
  }
}

/** The supervisor with few open orders and with very many. */
async function supervising(bench: Bench): Promise<Table> {
  const store: Store = { db: bench.db, fund_id: 'mathematricks_fund' }
  const instrument = await instrumentById(store, instrument_id)
  if (!instrument) throw new Error(`there is no ${instrument_id}`)
  const broker = paperBroker({
    store,
    marketUrl: bench.system.marketUrl,
    now: () => new Date(),
    crashPoint: () => undefined,
  })
  const watching = { bench, broker, instrument }
  const row = async (open: number): Promise<Row[]> => {
    const [cycles, fills] = await Promise.all([cycleTimes(bench), fillsSeen(watching)])
    return [
      { 'open orders': open, what: 'between two looks of the supervisor', ...spreadMs(cycles) },
      { 'open orders': open, what: 'fill → booked, by stream or look', ...spreadMs(fills) },
    ]
  }
  const few = await row(0)
  const ids = Array.from({ length: OPEN_ORDERS }, (_, n) => `bench-open-${Date.now()}-${n}`)
  // As old as what is somebody else's must be, so that it is adopted at the next look.
  const long_ago = new Date(Date.now() - 60_000)
  await paperOrders.in(store).insertMany(ids.map(id => ({ ...draftOrder(limitOrder(instrument, id), long_ago), settlement: null })))
  await until(async () => (await bench.db.collection('trading_orders').countDocuments({ client_order_id: { $in: ids } })) === OPEN_ORDERS)
  const many = await row(OPEN_ORDERS)
  await paperOrders.in(store).updateMany({ client_order_id: { $in: ids } }, { $set: { status: 'CANCELED' }, $inc: { version: 1 } })
  return { title: 'Supervisor', rows: [...few, ...many], notes: ['It looks every 2 s; a fill must be seen within 3 s (EXE-7a).'] }
}

/** A system of its own whose broker is at fault on purpose: how long until all of a load is done. */
async function faultyBroker(work: string): Promise<Table> {
  const system = await startSystem(join(work, 'faulty'), { FAULTY_BROKER: JSON.stringify({ seed: 1 }) })
  const client = new MongoClient(system.endpoints.mongodb_uri)
  try {
    const db = client.db(system.endpoints.database)
    const since = new Date()
    const sender = openSender(system.endpoints.signals_url ?? '', 20)
    const wishes = alternating(system.endpoints.demo?.strategies ?? [])
    const sending: Promise<unknown>[] = []
    for (let n = 0; n < FAULTY.rate * FAULTY.seconds; n += 1) {
      sending.push(sender.post(wishes.next().value))
      await delay(1000 / FAULTY.rate)
    }
    await Promise.all(sending)
    sender.close()
    const begun = performance.now()
    const open = await settled(db, since, PATIENCE_MS)
    const trails = await trailsSince(db, since)
    const row = {
      'signals/s': FAULTY.rate,
      signals: trails.length,
      filled: trails.filter(({ status }) => status === 'FILLED').length,
      denied: trails.filter(({ status }) => status === 'DENIED').length,
      'still open': open,
      'done after the last s': rounded((performance.now() - begun) / 1000),
      ...spreadMs(difference(trails, 'accepted', 'booked')),
    }
    return { title: 'A faulty broker: accepted → booked', rows: [row] }
  } finally {
    await client.close()
    await system.stop()
  }
}

/** Kills each process in turn: how long until it is there again, and until a signal that is sent right then is at its end. */
async function recovery({ db, system, strategies }: Bench): Promise<Table> {
  const wishes = alternating(strategies)
  const rows: Row[] = []
  for (const { name } of readEndpoints(system.dataDir).processes) {
    const pidOf = () => readEndpoints(system.dataDir).processes.find(each => each.name === name)?.pid
    const before = pidOf()
    if (before === undefined) continue
    const begun = performance.now()
    process.kill(before, 'SIGKILL')
    const again = until(async () => ![undefined, before].includes(pidOf())).then(() => performance.now() - begun)
    const sender = openSender(system.endpoints.signals_url ?? '', 1)
    const wish = wishes.next().value
    let signal_id: string | null = null
    while (signal_id === null && performance.now() - begun < PATIENCE_MS) {
      signal_id = (await sender.post(wish)).signal_id
      if (signal_id === null) await delay(20)
    }
    sender.close()
    const end = signal_id === null ? 'not accepted' : await endOf(db, signal_id, PATIENCE_MS).catch(() => 'not read')
    rows.push({
      killed: name,
      'process there again ms': Math.round(await again),
      'next signal done ms': Math.round(performance.now() - begun),
      end,
    })
  }
  return {
    title: 'Recovery after kill -9',
    rows,
    notes: ['The signal is sent as soon as the process is dead, and again until it is accepted.'],
  }
}

/** Orders at their broker, fills in the books, the supervisor under load, faults, and deaths. */
export async function measureExecution(bench: Bench): Promise<Table[]> {
  await flatten(bench)
  const tables = [await wayOfOrders(bench), await supervising(bench)]
  await flatten(bench)
  tables.push(await recovery(bench), await faultyBroker(join(bench.system.dataDir, '..')))
  return tables
}
