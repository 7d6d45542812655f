import { sentence } from '../../domain/errors.ts'
import { BrokerConnectionError } from '../broker.ts'

/** What Kite counts by itself: requests a second. */
const limits = { order: 10, quote: 1, historical: 3, other: 10 } as const
export type Kind = keyof typeof limits

/** Its second and ours may begin at different moments. */
const WINDOW_MS = 1_050

export type Pace = (kind: Kind, patience_ms: number) => Promise<void>

/** Keeps an app within its requests a second. @throws BrokerConnectionError at once where a turn would come too late: nothing is sent then */
export function pace(now: () => number = () => performance.now()): Pace {
  const turns = new Map<Kind, number[]>()
  return async (kind, patience_ms) => {
    const at = now()
    const taken = turns.get(kind) ?? []
    const first = taken.length < limits[kind] ? at : Math.max(at, (taken[0] ?? at) + WINDOW_MS)
    if (first - at > patience_ms) throw new BrokerConnectionError(sentence('TOO_MANY_REQUESTS', { kind, most_a_second: limits[kind] }))
    turns.set(kind, [...taken, first].slice(-limits[kind]))
    if (first > at) await new Promise(resolve => setTimeout(resolve, first - at))
  }
}
