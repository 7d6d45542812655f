import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openBooks } from '../../shared/brokers/paper/open-books.ts'
import { toWire } from '../../shared/brokers/paper/wire.ts'
import { Decimal, ZERO } from '../../shared/domain/money/decimal.ts'
import { type AccountHierarchy, type BrokerPlan, putHierarchy, readHierarchyNow } from '../../shared/store/account-hierarchy.ts'
import type { Store } from '../../shared/store/collection.ts'
import { type Bench, type Row, rounded, spread, type Table } from './figures.ts'

const BROKERS = 25
const ACCOUNTS = 4
const RUNS = 3
const SLOW_MS = 5_000
/** A reading asks in two rounds: what happened, then how things stand. */
const ROUNDS = 2
const WAIT_MS = 60_000
const POLL_MS = 20

const schedule = fileURLToPath(new URL('../run-schedule.ts', import.meta.url))

const listening = async (server: Server): Promise<string> => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A broker that answers rightly, but after seconds. */
const slowBroker = () =>
  createServer(async (request, response) => {
    const [account_id] = JSON.parse(Buffer.concat(await request.toArray()).toString() || '[]')
    await delay(SLOW_MS / ROUNDS)
    const money = { equity: new Decimal(5000), cash: new Decimal(5000), margin_available: new Decimal(5000) }
    const balance = { account_id, ...money, margin_used: ZERO, unrealized_pnl: ZERO, realized_pnl: ZERO }
    response.end(toWire(request.url === '/balance' ? balance : []))
  })

/** A broker that takes every question and answers none. */
const deadBroker = () => createServer(() => undefined)

const brokerOf = (number: number, connection: Record<string, unknown>): BrokerPlan => ({
  broker_id: `Bench_${number}`,
  broker_name: `Bench ${number}`,
  adapter: 'paper',
  connection,
  accounts: Array.from({ length: ACCOUNTS }, (_, index) => ({
    account_id: `Bench_${number}_${index + 1}`,
    account_type: 'MARGIN' as const,
    currency: 'USD',
    status: 'ACTIVE' as const,
    trading_mode: 'PAPER' as const,
    description: '',
  })),
})

const idsOf = ({ accounts }: BrokerPlan) => accounts.map(({ account_id }) => account_id)

interface Watched {
  healthy: string[]
  slow: string[]
  dead: string[]
}

/** One scheduled run, from its message until the fund's totals follow from it. */
async function oneRun({ db, system }: Bench, { healthy, slow, dead }: Watched): Promise<Row> {
  const begun = new Date()
  const child: ChildProcess = spawn(process.execPath, [schedule, 'sync-accounts', '--data', system.dataDir], { stdio: 'ignore' })
  await once(child, 'close')
  const published = performance.now()
  const since = () => rounded(performance.now() - published)
  const seen = new Map<string, number>()
  let marked: number | null = null
  for (;;) {
    if (performance.now() - published > WAIT_MS) throw new Error('the sync did not end')
    const fresh = await db
      .collection('account_current')
      .find({ timestamp: { $gte: begun } }, { projection: { account_id: 1 } })
      .toArray()
    for (const { account_id } of fresh) if (!seen.has(account_id)) seen.set(account_id, since())
    const failed = await db
      .collection('account_syncs')
      .countDocuments({ account_id: { $in: dead }, asked_at: { $gte: begun }, stale_since: { $ne: null } })
    if (failed === dead.length) marked ??= since()
    const total = await db.collection('fund_state').findOne({ trading_mode: 'PAPER', timestamp: { $gte: begun }, stale_accounts: dead })
    if (total && marked !== null && slow.every(id => seen.has(id))) break
    await delay(POLL_MS)
  }
  const times = (ids: string[]) => ids.map(id => seen.get(id) ?? Number.POSITIVE_INFINITY)
  const { p50, max } = spread(times(healthy))
  return {
    accounts: healthy.length + slow.length + dead.length,
    'healthy p50 ms': p50,
    'healthy max ms': max,
    'slow max ms': spread(times(slow)).max,
    'dead marked stale ms': marked,
    'whole run ms': since(),
  }
}

/** Sync of 100 accounts while one broker takes 5 s and another never answers: how long each waits, and that the others do not. */
export async function measureSync(bench: Bench): Promise<Table[]> {
  const store: Store = { db: bench.db, fund_id: 'mathematricks_fund' }
  const before = await readHierarchyNow(store)
  if (!before) throw new Error('there is no hierarchy')
  const [slow, dead] = [slowBroker(), deadBroker()]
  const healthy = Array.from({ length: BROKERS - 2 }, (_, index) => brokerOf(index + 1, { start_cash: '5000' }))
  const slowPlan = brokerOf(BROKERS - 1, { url: await listening(slow) })
  const deadPlan = brokerOf(BROKERS, { url: await listening(dead) })
  const after: AccountHierarchy = { ...before, brokers: [...healthy, slowPlan, deadPlan] }
  try {
    for (const broker of healthy) await openBooks(store, broker)
    await putHierarchy(store, after)
    await delay(1_500) // the hierarchy is remembered for a second
    const watched = { healthy: healthy.flatMap(idsOf), slow: idsOf(slowPlan), dead: idsOf(deadPlan) }
    const rows: Row[] = []
    for (let run = 1; run <= RUNS; run += 1) rows.push({ run, ...(await oneRun(bench, watched)) })
    const notes = [
      `One broker of ${ACCOUNTS} accounts takes ${SLOW_MS / 1000} s for a reading, one never answers; the other ${BROKERS - 2} are paper.`,
    ]
    return [{ title: 'Sync of accounts: message published → account’s state stored', rows, notes }]
  } finally {
    await putHierarchy(store, before)
    for (const server of [slow, dead]) {
      server.closeAllConnections()
      server.close()
    }
  }
}
