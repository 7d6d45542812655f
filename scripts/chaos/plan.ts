import { type CrashPoint, crashPoints } from '../../shared/runtime/crash-points.ts'
import { pick, randomOf } from './random.ts'

/** What goes wrong beside the broker, and when. */
export type Fault =
  | { at_ms: number; kind: 'kill'; process: string }
  | { at_ms: number; kind: 'again'; collection: 'trading_signals' | 'trading_orders' | 'execution_confirmations'; which: number }
  | { at_ms: number; kind: 'clock'; offset_ms: number }
  | { at_ms: number; kind: 'poison'; topic: string }

export interface ChaosPlan {
  seed: number
  duration_ms: number
  crashAt: CrashPoint[]
  broker: Record<string, number>
  faults: Fault[]
}

const killable = [
  'signal-ingestion',
  'cerebro',
  'execution',
  'account-data',
  'gateway',
  'paper-broker',
  'market-scheduler',
  'mongodb',
  'pubsub',
] as const
const replayed = ['trading_signals', 'trading_orders', 'execution_confirmations'] as const
const poisoned = ['standardized-signals', 'trading-orders', 'execution-confirmations'] as const
const jumps = [25_000, 0, 12_000, 0, -20_000, 0]

/** Everything that a seed makes go wrong in a run of a length: the same again for the same two numbers. */
export function planChaos(seed: number, duration_ms: number): ChaosPlan {
  const random = randomOf(seed)
  const faults: Fault[] = []
  const every = (gap_ms: number, make: (at_ms: number, index: number) => Fault) => {
    let index = 0
    for (let at = gap_ms * (0.5 + random()); at < duration_ms; at += gap_ms * (0.5 + random())) faults.push(make(Math.round(at), index++))
  }
  // Entries stay shut for some seconds after most deaths: more of them at once would leave little to execute.
  every(Math.min(10_000, duration_ms / 3), at_ms => ({ at_ms, kind: 'kill', process: pick(random, killable) }))
  every(1_500, at_ms => ({ at_ms, kind: 'again', collection: pick(random, replayed), which: random() }))
  every(9_000, (at_ms, index) => ({ at_ms, kind: 'clock', offset_ms: jumps[index % jumps.length] ?? 0 }))
  every(15_000, at_ms => ({ at_ms, kind: 'poison', topic: pick(random, poisoned) }))
  return {
    seed,
    duration_ms,
    crashAt: Array.from({ length: 4 }, () => pick(random, crashPoints)),
    broker: { seed, disconnect_every_s: 35 + Math.floor(random() * 20), disconnect_for_s: 2, foreign_every_s: 12 },
    faults: faults.sort((one, other) => one.at_ms - other.at_ms),
  }
}
