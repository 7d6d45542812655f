import { signalId } from '../../shared/domain/signal/signal-id.ts'
import { Problem } from '../../shared/runtime/problem.ts'

const LAST = 999

/** Ids of SIG-9 in turn; another process may have taken one, then the caller asks for the next. */
export function signalIdSequence(): (strategy_id: string, at: Date) => string {
  const used = new Map<string, { second: number; sequence: number }>()
  return (strategy_id, at) => {
    const second = Math.floor(at.getTime() / 1000)
    const last = used.get(strategy_id)
    const sequence = last?.second === second ? last.sequence + 1 : 1
    if (sequence > LAST) {
      const detail = `A strategy may send ${LAST} signals a second. Send this one again in a second.`
      throw new Problem({ status: 429, code: 'TOO_MANY_SIGNALS', detail, headers: { 'retry-after': '1' } })
    }
    used.set(strategy_id, { second, sequence })
    return signalId(strategy_id, at, sequence)
  }
}
