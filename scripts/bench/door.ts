import { type Bench, type Row, spreadMs, type Table } from './figures.ts'
import { alternating, openSender } from './post-signal.ts'
import { flatten, settled } from './wait-for-end.ts'

const GOAL = 'p99 < 300 (goal 20)'
const levels = [
  { concurrent: 1, requests: 150 },
  { concurrent: 50, requests: 400 },
  { concurrent: 200, requests: 800 },
]
const DRAIN_MS = 30_000

interface Level {
  concurrent: number
  requests: number
}

/** Closed loop: so many senders, each of which sends its next signal when its last was answered. */
async function measureLevel({ strategies }: Bench, url: string, { concurrent, requests }: Level): Promise<Row> {
  const sender = openSender(url, concurrent)
  const wishes = alternating(strategies)
  const times: number[] = []
  let refused = 0
  let left = requests
  const begun = performance.now()
  const one = async () => {
    while (left > 0) {
      left -= 1
      const { status, ms } = await sender.post(wishes.next().value)
      if (status === 201) times.push(ms)
      else refused += 1
    }
  }
  await Promise.all(Array.from({ length: concurrent }, one))
  const seconds = (performance.now() - begun) / 1000
  sender.close()
  return { concurrent, ...spreadMs(times), 'answers/s': Math.round(times.length / seconds), refused, goal: GOAL }
}

/** How long a sender waits for its answer, through the gateway and at the function itself, while what it sent is being worked on. */
export async function measureDoor(bench: Bench): Promise<Table[]> {
  const ways = { gateway: bench.system.endpoints.signals_url ?? '', direct: bench.system.directSignalsUrl }
  const rows: Row[] = []
  for (const [through, url] of Object.entries(ways)) {
    for (const level of levels) {
      const since = new Date()
      rows.push({ through, ...(await measureLevel(bench, url, level)) })
      await settled(bench.db, since, DRAIN_MS) // the work that this level left behind is not the next one's
    }
  }
  await flatten(bench)
  return [{ title: 'Door: POST of a signal → answer', rows, notes: ['The rest of the pipeline works on what was accepted meanwhile.'] }]
}
