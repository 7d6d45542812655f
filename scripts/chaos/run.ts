import { setTimeout as delay } from 'node:timers/promises'
import { PubSub } from '@google-cloud/pubsub'
import { type Db, type Document, MongoClient } from 'mongodb'
import type { DemoStrategy } from '../local/endpoints.ts'
import { sendAgain } from './again.ts'
import { violationsOf } from './check.ts'
import { type ChaosPlan, type Fault, planChaos } from './plan.ts'
import { type Started, startForChaos } from './system.ts'
import { watchGrants } from './watch-grants.ts'

export interface ChaosOptions {
  seed: number
  duration_ms: number
  signals: number
  port: number
  /** How long the system has to come to rest when nothing goes wrong any more. */
  rest_ms: number
  say: (line: string) => void
}

export interface ChaosReport {
  seed: number
  accepted: number
  /** Decisions by what they said, and orders by how they ended. */
  outcomes: Record<string, number>
  /** How often each kind of fault struck. */
  faults: Record<string, number>
  /** From the end of all faults until nothing was left to do. */
  rested_after_ms: number
  violations: string[]
}

/** What waits for a minute to pass is not waited for: clocks, and with them the schedules, go forward by one every few seconds. */
const MINUTE_MS = 61_000
const MAKE_UP_EVERY_S = 7

const POISON = 'poisoned-on-purpose'

/** One run of the whole system with everything going wrong that a seed says, and an independent look at what it left. */
export async function runChaos({ seed, duration_ms, signals, port, rest_ms, say }: ChaosOptions): Promise<ChaosReport> {
  const plan = planChaos(seed, duration_ms)
  say(
    `seed ${seed}: ${plan.faults.length} faults beside the broker's in ${Math.round(duration_ms / 1000)} s, dying at ${plan.crashAt.join(', ')}`,
  )
  const system = await startForChaos(port, { FAULTY_BROKER: JSON.stringify(plan.broker), CRASH_AT: [...new Set(plan.crashAt)].join() })
  const client = new MongoClient(system.endpoints().mongodb_uri)
  try {
    const faults: Record<string, number> = {}
    const count = (kind: string) => {
      faults[kind] = (faults[kind] ?? 0) + 1
    }
    const accepted = new Set<string>()
    const grants = watchGrants(client.db(system.endpoints().database))
    const injecting = inject(system, plan, client, count)
    await Promise.all([sendAll(system, { signals, duration_ms, accepted }), injecting])
    say(`${accepted.size} signals accepted; the faults end`)
    const calmed = Date.now()
    const broker = await calm(system)
    for (const [kind, times] of Object.entries(broker)) faults[`broker: ${kind}`] = times
    for (const [, name] of system.said().matchAll(/^(\S+): ended \(SIGKILL\)/gm)) count(`died: ${name}`)
    const db = client.db(system.endpoints().database)
    const look = () => violationsOf(db, { accepted, poison: POISON }).catch(error => [String(error)])
    let violations = await look()
    for (let second = 1; violations.length > 0 && Date.now() - calmed < rest_ms; second += 1) {
      await delay(1_000)
      if (second % MAKE_UP_EVERY_S === 0) system.setClock((second / MAKE_UP_EVERY_S) * MINUTE_MS)
      if (second % 20 === 5) await syncAll(system)
      violations = await look()
    }
    violations.push(...(await grants.stop()))
    return { seed, accepted: accepted.size, outcomes: await outcomesOf(db), faults, rested_after_ms: Date.now() - calmed, violations }
  } finally {
    await client.close()
    await system.stop()
  }
}

/** Ends every fault: the clock is right, and the broker does as it is told. */
async function calm(system: Started): Promise<Record<string, number>> {
  system.setClock(0)
  const url = `http://127.0.0.1:${Number(new URL(system.endpoints().api_url ?? '').port) + 6}`
  for (;;) {
    try {
      return (await (await fetch(`${url}/calm`, { method: 'POST' })).json()) as Record<string, number>
    } catch {
      await delay(200) // it may be dead just now
    }
  }
}

/** What the schedule does every five minutes, without the wait. */
async function syncAll(system: Started): Promise<void> {
  const pubsub = openPubsub(system)
  await pubsub.topic('run-sync-accounts').publishMessage({ json: { scheduled_at: new Date().toISOString() } })
  await pubsub.close().catch(() => undefined)
}

function openPubsub(system: Started): PubSub {
  const { project_id, pubsub_emulator_host } = system.endpoints()
  process.env.METADATA_SERVER_DETECTION = 'none'
  process.env.PUBSUB_EMULATOR_HOST = pubsub_emulator_host ?? ''
  return new PubSub({ projectId: project_id })
}

async function outcomesOf(db: Db): Promise<Record<string, number>> {
  const all = (name: string) => db.collection(name).find({}).toArray()
  const [signals = [], decisions = [], orders = []] = await Promise.all(['trading_signals', 'cerebro_decisions', 'trading_orders'].map(all))
  const outcomes: Record<string, number> = {}
  const add = (name: string) => {
    outcomes[name] = (outcomes[name] ?? 0) + 1
  }
  for (const { status } of signals) add(`signal ${status}`)
  for (const { decision, reason_code, orders: made } of decisions) {
    add(decision === 'APPROVED' ? `decision APPROVED, ${kindOf(made as Document[])}` : `decision ${decision} ${reason_code}`)
  }
  for (const { status, strategy_id, order_id, reason } of orders) {
    const rung = /_R\d+$/.test(order_id) ? ', a later rung' : ''
    const code = ['DENIED', 'EXPIRED', 'REJECTED', 'CANCELED'].includes(status) ? ` (${/^[A-Z_]+/.exec(reason ?? '')?.[0] ?? reason})` : ''
    add(`order ${status}${code}${strategy_id === 'EXTERNAL' ? ', not ours' : ''}${rung}`)
  }
  return outcomes
}

/** What an approved decision does. */
const kindOf = (orders: readonly Document[]): string => {
  const placed = orders.filter(({ command }) => command === 'PLACE')
  if (placed.some(({ is_exit }) => !is_exit)) return 'entry'
  return placed.length > 0 ? 'exit' : 'cancels only'
}

interface Sending {
  signals: number
  duration_ms: number
  accepted: Set<string>
}

async function sendAll(system: Started, { signals, duration_ms, accepted }: Sending): Promise<void> {
  const strategies = system.endpoints().demo?.strategies ?? []
  const { api_url } = system.endpoints()
  const began = Date.now()
  let next = 0
  const sender = async () => {
    while (next < signals) {
      const number = next
      next += 1
      await delay(Math.max(0, began + (number / signals) * duration_ms * 0.9 - Date.now()))
      const strategy = strategies[number % strategies.length]
      if (strategy) accepted.add(await sendOne(api_url ?? '', strategy, { number, round: Math.floor(number / strategies.length) }))
    }
  }
  await Promise.all(Array.from({ length: 8 }, sender))
}

/** Sends a signal under its id until it is answered, as a sender does. Entries and exits take turns. */
async function sendOne(api_url: string, strategy: DemoStrategy, { number, round }: { number: number; round: number }): Promise<string> {
  const { strategy_id, passphrase, ticker } = strategy
  const signal = { ticker, action: round % 2 === 0 ? 'BUY' : 'SELL' }
  const body = JSON.stringify({ strategy_name: strategy_id, passphrase, signalID: `chaos ${number}`, signal })
  for (;;) {
    const answer = await fetch(`${api_url}/api/v1/signals`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(20_000),
    })
      .then(async response => ({ status: response.status, body: (await response.json()) as { signal_id?: string } }))
      .catch(() => null)
    if (answer && (answer.status === 200 || answer.status === 201) && answer.body.signal_id) return answer.body.signal_id
    if (answer && answer.status < 500 && answer.status !== 429)
      throw new Error(`signal ${number}: ${answer.status} ${JSON.stringify(answer.body)}`)
    await delay(150)
  }
}

async function inject(system: Started, plan: ChaosPlan, client: MongoClient, count: (kind: string) => void): Promise<void> {
  const { database } = system.endpoints()
  const pubsub = openPubsub(system)
  const began = Date.now()
  for (const fault of plan.faults) {
    await delay(Math.max(0, began + fault.at_ms - Date.now()))
    if (await strike(fault, { system, pubsub, client, database }).catch(() => false)) count(nameOf(fault))
  }
  await delay(Math.max(0, began + plan.duration_ms - Date.now()))
  await pubsub.close().catch(() => undefined)
}

const nameOf = (fault: Fault): string => {
  if (fault.kind === 'kill') return `kill -9: ${fault.process}`
  if (fault.kind === 'again') return `message again, late: ${fault.collection}`
  return fault.kind === 'clock' ? 'clock jump' : `poison: ${fault.topic}`
}

interface Striking {
  system: Started
  pubsub: PubSub
  client: MongoClient
  database: string
}

async function strike(fault: Fault, { system, pubsub, client, database }: Striking): Promise<boolean> {
  switch (fault.kind) {
    case 'kill':
      return system.kill(fault.process)
    case 'clock':
      system.setClock(fault.offset_ms)
      return true
    case 'poison':
      await pubsub.topic(fault.topic).publishMessage({ json: { [POISON]: true }, attributes: { route: 'direct' } })
      return true
    case 'again':
      return sendAgain(pubsub, client.db(database), fault)
  }
}
