import { setTimeout as delay } from 'node:timers/promises'
import type { Db } from 'mongodb'
import { cpuTable, readCpu } from './cpu.ts'
import { type Bench, spreadMs, type Table } from './figures.ts'
import { alternating, openSender } from './post-signal.ts'
import { type Trail, trailsSince } from './trails.ts'
import { endOf, flatten } from './wait-for-end.ts'

const WARM_UP = 10
const PATIENCE_MS = 15_000
/** What the part may take in all, however slow the system is. */
const LONGEST_MS = 75_000

/** Sees every state of the fund's dashboard, of which the database keeps only the last. */
function watchDashboard(db: Db) {
  const seen: number[] = []
  let stopping = false
  const watching = (async () => {
    while (!stopping) {
      const found = await db
        .collection('dashboard_snapshots')
        .findOne({ dashboard_type: 'client' }, { projection: { _id: 0, generated_at: 1 } })
      const at = found?.generated_at.getTime()
      if (at !== undefined && at !== seen.at(-1)) seen.push(at)
      await delay(25)
    }
  })()
  return {
    seen,
    async stop() {
      stopping = true
      await watching
    },
  }
}

/** Times at which each account was read at its broker, oldest first. */
async function readingsSince(db: Db, since: Date): Promise<Map<string, number[]>> {
  const found = await db
    .collection('account_state')
    .find({ timestamp: { $gte: since } })
    .project({ _id: 0, account_id: 1, timestamp: 1 })
    .sort({ timestamp: 1 })
    .toArray()
  const byAccount = Map.groupBy(found, ({ account_id }) => String(account_id))
  return new Map([...byAccount].map(([account_id, rows]) => [account_id, rows.map(({ timestamp }) => timestamp.getTime())]))
}

/** Sends one signal after another, each when the one before is at its end; answers the door's times and each signal's end. */
async function sendInTurn({ db, system, strategies }: Bench, count: number) {
  const sender = openSender(system.endpoints.signals_url ?? '', 1)
  const wishes = alternating(strategies)
  const answers: number[] = []
  const ends: Record<string, number> = {}
  const begun = Date.now()
  // Whole rounds, so that everything that was bought is sold.
  const round = strategies.length * 2
  for (let sent = 0; sent < count && (sent % round !== 0 || Date.now() - begun < LONGEST_MS); sent += 1) {
    const { status, signal_id, ms } = await sender.post(wishes.next().value)
    if (status === 201) answers.push(ms)
    const end = signal_id === null ? `HTTP ${status}` : await endOf(db, signal_id, PATIENCE_MS)
    ends[end] = (ends[end] ?? 0) + 1
  }
  sender.close()
  return { answers, ends }
}

type Moment = 'accepted' | 'decided' | 'ordered' | 'atBroker' | 'filled' | 'booked' | 'read' | 'shown'
type Moments = Record<Moment, number | null>

const phaseRow = (all: readonly Moments[], phase: string, [from, to]: [Moment, Moment], goal: string | null = null) => {
  const times = all.flatMap(({ [from]: begun, [to]: ended }) => (begun === null || ended === null ? [] : [ended - begun]))
  return { phase, ...spreadMs(times), goal }
}

/** Signals alone in the system: how long each phase of their way takes. */
export async function measurePhases(bench: Bench): Promise<Table[]> {
  const { db, signals } = bench
  await flatten(bench)
  await sendInTurn(bench, WARM_UP)
  await delay(1_000)
  const since = new Date()
  const dashboard = watchDashboard(db)
  const cpuBefore = readCpu(bench.system)
  const { answers, ends } = await sendInTurn(bench, signals)
  const cpuAfter = readCpu(bench.system)
  await delay(2_000) // for the last one's account state and dashboard
  await dashboard.stop()
  const [trails, readings] = await Promise.all([trailsSince(db, since), readingsSince(db, since)])
  const firstAfter = (times: readonly number[] | undefined, after: number | null) =>
    after === null ? null : (times?.find(time => time >= after) ?? null)
  const moments = trails.map((trail: Trail): Moments => {
    const read = firstAfter(readings.get(trail.account_id ?? ''), trail.booked)
    const { accepted, decided, ordered, atBroker, filled, booked } = trail
    return { accepted, decided, ordered, atBroker, filled, booked, read, shown: firstAfter(dashboard.seen, read) }
  })
  return [
    {
      title: `Phases of ${trails.length} signals, one after another`,
      rows: [
        { phase: 'POST → answer', ...spreadMs(answers), goal: 'p99 < 300 (goal 20)' },
        phaseRow(moments, 'accepted → taken up by cerebro', ['accepted', 'decided']),
        phaseRow(moments, '→ taken up by the executor (decided, published)', ['decided', 'ordered']),
        phaseRow(moments, '→ at the paper broker', ['ordered', 'atBroker']),
        phaseRow(moments, '→ order FILLED here', ['atBroker', 'filled']),
        phaseRow(moments, '→ booked', ['filled', 'booked']),
        phaseRow(moments, '→ account read at the broker', ['booked', 'read']),
        phaseRow(moments, '→ client dashboard generated', ['read', 'shown']),
        phaseRow(moments, 'accepted → at the paper broker', ['accepted', 'atBroker'], 'p50 ≤ 60, p99 ≤ 250 (goal 15, 60)'),
        phaseRow(moments, 'accepted → booked', ['accepted', 'booked']),
        phaseRow(moments, 'accepted → client dashboard', ['accepted', 'shown'], '< 2000 (limit 30 000)'),
      ],
      notes: [
        `Ends: ${Object.entries(ends)
          .map(([end, count]) => `${end} ${count}`)
          .join(', ')}.`,
        'A time is the one that the step wrote; steps write when they take a message up, so a phase holds the work of the step before it.',
        'Accounts are read at most every second and the dashboard is built at most every 500 ms; the last two phases hold these waits.',
      ],
    },
    cpuTable(cpuBefore, cpuAfter, trails.length),
  ]
}
