import { type Bench, type Row, rounded, spreadMs, type Table } from './figures.ts'
import { faultsOf, sendAtRate, tally } from './throughput.ts'
import { trailsSince } from './trails.ts'
import { flatten, settled } from './wait-for-end.ts'

/** Ten times the rate that must be sustained, for a second. */
const BURST = 1_000
const DRAIN_MS = 180_000

/** A burst at the door: every signal answered, stored, decided once and brought to its end, counted in the database afterwards. */
export async function measureSignals(bench: Bench): Promise<Table[]> {
  await flatten(bench)
  const since = new Date()
  const sent = await sendAtRate(bench, BURST, 1)
  const sentAt = sent.map(one => one.sentAt)
  const accepted = sent.filter(({ status }) => status === 201)
  const left = await settled(bench.db, since, DRAIN_MS)
  const done = Date.now()
  const trails = await trailsSince(bench.db, since)
  const row: Row = {
    sent: sent.length,
    'sent within s': rounded((Math.max(...sentAt) - Math.min(...sentAt)) / 1000),
    accepted: accepted.length,
    stored: trails.length,
    decided: trails.filter(({ decisions }) => decisions === 1).length,
    'not at their end': left,
    'all done after s': rounded((done - Math.min(...sentAt)) / 1000),
    'lost or doubled': faultsOf(accepted, trails) ?? 'none',
    goal: 'nothing lost',
  }
  await flatten(bench)
  return [
    {
      title: `A burst of ${BURST} signals in a second over ${bench.strategies.length} strategies`,
      rows: [row],
      notes: [`Answers: ${tally(sent.map(({ status }) => String(status)))}. Ends: ${tally(trails.map(({ status }) => status))}.`],
    },
    { title: 'Its answers at the door', rows: [spreadMs(sent.map(({ ms }) => ms))] },
  ]
}
