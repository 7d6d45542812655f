import type { LegDecision } from '../../shared/domain/decision/intent.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import type { StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import { outcomeOf } from './decision-document.ts'

interface Again {
  /** What the exits came to this time. */
  document: StoredDecision
  legs: LegDecision[]
}

/**
 * A held decision, or an exit that waited for entries to end, after its exits were decided again: earlier orders and entry legs stand, and
 * what filled meanwhile is closed too.
 */
export function decidedAgain(earlier: StoredDecision, { document, legs }: Again): StoredDecision {
  const held = earlier.decision === 'HELD'
  const merged = earlier.legs.map((before, index) => {
    const position = legs.findIndex(({ leg }) => leg === index)
    const after = document.legs[position]
    if (!after) return before
    if (held) return after
    return after.decision === 'APPROVED' ? { ...before, position_size: before.position_size.plus(after.position_size) } : before
  })
  const [first] = merged
  const decision = outcomeOf(merged)
  return {
    ...earlier,
    timestamp: document.timestamp,
    decision,
    approved: decision === 'APPROVED',
    reason_code: first?.reason_code ?? null,
    reason: first?.reason ?? '',
    wanted_quantity: first?.wanted_quantity ?? earlier.wanted_quantity,
    position_size: first?.position_size ?? earlier.position_size,
    position_size_usd: sum([
      earlier.position_size_usd,
      document.approved ? document.position_size_usd : earlier.position_size_usd.times(0),
    ]),
    // A held exit is asked again every minute: only what was found last is kept, or its document would grow with the halt.
    calculation: held ? document.calculation : [...earlier.calculation, ...document.calculation],
    legs: merged,
    orders: [...earlier.orders, ...document.orders],
    waiting_for: document.waiting_for,
    outbox: document.outbox,
  }
}
