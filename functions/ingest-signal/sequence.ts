import { signalId } from '../../shared/domain/signal/signal-id.ts'
import { refuse } from './refuse.ts'

const LAST = 999
const KEPT_SECONDS = 60

/**
 * Ids of SIG-9 in turn, counted for each second of each strategy: requests that were received around the turn of a second may come here in
 * any order. Another process may have taken an id; then the caller asks for the next.
 */
export function signalIdSequence(): (strategy_id: string, at: Date) => string {
  const used = new Map<string, number>()
  let newest = 0
  return (strategy_id, at) => {
    const second = Math.floor(at.getTime() / 1000)
    if (second > newest) {
      newest = second
      for (const key of used.keys()) if (secondOf(key) < second - KEPT_SECONDS) used.delete(key)
    }
    const key = `${second} ${strategy_id}`
    const sequence = (used.get(key) ?? 0) + 1
    if (sequence > LAST) {
      const detail = `A strategy may send ${LAST} signals a second. Send this one again in a second.`
      throw refuse('TOO_MANY_SIGNALS', detail, [], { 'retry-after': '1' })
    }
    used.set(key, sequence)
    return signalId(strategy_id, at, sequence)
  }
}

const secondOf = (key: string): number => Number(key.split(' ', 1)[0])
