import { setTimeout as delay } from 'node:timers/promises'
import { type Bench, type Row, rounded, spread, type Table } from './figures.ts'
import { type Answered, alternating, openSender } from './post-signal.ts'
import { type Trail, trailsSince } from './trails.ts'
import { flatten, settled } from './wait-for-end.ts'

const rates = [10, 25, 50, 100, 200, 400, 800]
/** Before the first rate: code is compiled and connections are opened, which is not what is measured. */
const warmUp = { rate: 50, seconds: 20 }
const CONNECTIONS = 200
/** A rate is sustained when all is done this long after its last signal, and p99 stays below. */
const DONE_WITHIN_MS = 5_000
const P99_BELOW_MS = 2_000
/** How long a rate that was too high is given, so that what it left can be counted. */
const DRAIN_MS = 40_000

interface Sent extends Answered {
  /** When it should have been sent: what waits in the sender counts too. */
  dueAt: number
}

/** Open loop: signals leave at their times, whether or not earlier ones were answered. */
export async function sendAtRate({ system, strategies }: Bench, rate: number, seconds: number): Promise<Sent[]> {
  const sender = openSender(system.endpoints.signals_url ?? '', CONNECTIONS)
  const wishes = alternating(strategies)
  const begun = Date.now()
  const sending: Promise<Sent>[] = []
  while (sending.length < rate * seconds) {
    const dueAt = begun + (sending.length * 1000) / rate
    if (dueAt > Date.now()) await delay(dueAt - Date.now())
    sending.push(sender.post(wishes.next().value).then(answered => ({ ...answered, dueAt })))
  }
  const sent = await Promise.all(sending)
  sender.close()
  return sent
}

export const tally = (names: readonly (string | null)[]): string =>
  [...Map.groupBy(names, name => name ?? 'none')].map(([name, all]) => `${name} ${all.length}`).join(', ')

interface Run {
  row: Row
  sustained: boolean
  outcome: string
}

async function runRate(bench: Bench, rate: number): Promise<Run> {
  const { db, seconds } = bench
  const since = new Date()
  const sent = await sendAtRate(bench, rate, seconds)
  const lastSent = Date.now()
  const backlog = await settled(db, since, DONE_WITHIN_MS)
  const left = backlog === 0 ? 0 : await settled(db, since, DRAIN_MS)
  const drainedMs = Date.now() - lastSent
  const trails = await trailsSince(db, since)
  const accepted = sent.filter(({ status }) => status === 201)
  const took = endToEnd(sent, trails)
  const { p50, p99, max } = spread(took.booked)
  const faults = faultsOf(accepted, trails)
  const sustained = backlog === 0 && accepted.length === sent.length && faults === null && p99 !== null && p99 < P99_BELOW_MS
  const statuses = (status: string) => trails.filter(each => each.status === status).length
  const row: Row = {
    'signals/s': rate,
    sent: sent.length,
    accepted: accepted.length,
    'door p99': spread(sent.map(({ ms }) => ms)).p99,
    'to broker p50': spread(took.atBroker).p50,
    'to broker p99': spread(took.atBroker).p99,
    'booked p50': p50,
    'booked p99': p99,
    'booked max': max,
    approved: trails.filter(({ decision }) => decision === 'APPROVED').length,
    filled: statuses('FILLED'),
    denied: statuses('DENIED'),
    'open after 5 s': backlog,
    'done after s': left === 0 ? rounded(drainedMs / 1000) : null,
    'lost or doubled': faults ?? 'none',
    sustained: sustained ? 'yes' : 'no',
  }
  const denials = trails.flatMap(({ decision, reason_code }) => (decision === 'DENIED' ? [reason_code] : []))
  const outcome = `${rate}/s: ${tally(trails.map(({ status }) => status))}${denials.length > 0 ? ` (denied: ${tally(denials)})` : ''}.`
  return { row, sustained, outcome }
}

/** From the time at which a signal should have left to the broker, and to its fills in the books. */
function endToEnd(sent: readonly Sent[], trails: readonly Trail[]) {
  const due = new Map(sent.map(({ signal_id, dueAt }) => [signal_id, dueAt]))
  const since = (moment: 'atBroker' | 'booked') =>
    trails.flatMap(({ signal_id, [moment]: at }) => {
      const dueAt = due.get(signal_id)
      return at === null || dueAt === undefined ? [] : [at - dueAt]
    })
  return { atBroker: since('atBroker'), booked: since('booked') }
}

/** Accepted = stored = decided once = order for order at the broker at most once; null where that holds. */
export function faultsOf(accepted: readonly Sent[], trails: readonly Trail[]): string | null {
  const stored = new Set(trails.map(({ signal_id }) => signal_id))
  const counts = {
    'not stored': accepted.filter(({ signal_id }) => signal_id === null || !stored.has(signal_id)).length,
    undecided: trails.filter(({ decisions }) => decisions === 0).length,
    'decided twice': trails.filter(({ decisions }) => decisions > 1).length,
    'orders missing': trails.filter(({ orders }) => orders.stored < orders.planned).length,
    'orders doubled': trails.filter(({ orders }) => orders.stored > orders.planned || orders.atBroker > orders.stored).length,
  }
  const found = Object.entries(counts).filter(([, count]) => count > 0)
  return found.length === 0 ? null : found.map(([fault, count]) => `${count} ${fault}`).join(', ')
}

/** Sends at rising rates until one is too much, then once between that and the last that was not. */
export async function measureThroughput(bench: Bench): Promise<Table[]> {
  const runs: Run[] = []
  const begun = new Date()
  await sendAtRate(bench, warmUp.rate, warmUp.seconds)
  await settled(bench.db, begun, DRAIN_MS)
  const attempt = async (rate: number): Promise<boolean> => {
    await flatten(bench)
    const run = await runRate(bench, rate)
    runs.push(run)
    return run.sustained
  }
  let highest = 0
  for (const rate of rates) {
    if (await attempt(rate)) highest = rate
    else {
      const between = Math.round((highest + rate) / 2)
      if (await attempt(between)) highest = between
      break
    }
  }
  await flatten(bench)
  return [
    {
      title: `Throughput: ${bench.seconds} s at each rate, BUY and SELL in turn over ${bench.strategies.length} strategies (ms from due time)`,
      rows: runs.map(({ row }) => row),
      notes: runs.map(({ outcome }) => outcome),
    },
    { title: 'Highest sustained rate', rows: [{ 'signals/s': highest, goal: '≥ 100 (goal 500)' }] },
  ]
}
