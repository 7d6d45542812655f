import type { LegDecision } from '../../shared/domain/decision/intent.ts'
import { sum } from '../../shared/domain/money/decimal.ts'
import type { StoredDecision } from '../../shared/store/cerebro-decisions.ts'
import { outcomeOf } from './decision-document.ts'

interface Again {
  /** What the parts that were open came to this time. */
  document: StoredDecision
  legs: LegDecision[]
}

/**
 * A decision of which something was held or waited, after that was decided again: earlier orders and all other legs stand, and what filled
 * meanwhile is closed too. Null where nothing came of it: a held exit is asked again every minute, and its document does not grow.
 */
export function decidedAgain(earlier: StoredDecision, { document, legs }: Again): StoredDecision | null {
  const merged = earlier.legs.map((before, index) => {
    const after = document.legs[legs.findIndex(({ part }) => part === index)]
    if (!after) return before
    return before.decision === 'HELD' ? after : { ...before, position_size: before.position_size.plus(after.position_size) }
  })
  const same = merged.every(({ decision }, index) => decision === earlier.legs[index]?.decision)
  const waitsAlike = document.waiting_for.toSorted().join() === earlier.waiting_for.toSorted().join()
  if (same && waitsAlike && document.orders.length === 0) return null
  const [first] = merged
  const decision = outcomeOf(merged)
  const opened = legs.find(({ signal_type, decision: outcome }) => signal_type === 'ENTRY' && outcome === 'APPROVED')
  return {
    ...earlier,
    timestamp: document.timestamp,
    decision,
    approved: decision === 'APPROVED',
    reason_code: first?.reason_code ?? null,
    reason: first?.reason ?? '',
    allocation_id: document.allocation_id,
    allocation_pct: opened?.allocation_pct ?? earlier.allocation_pct,
    available_capital: opened?.available_capital ?? earlier.available_capital,
    wanted_quantity: first?.wanted_quantity ?? earlier.wanted_quantity,
    position_size: first?.position_size ?? earlier.position_size,
    position_size_usd: sum([earlier.position_size_usd, document.position_size_usd]),
    cut_by: opened?.cut_by ?? earlier.cut_by,
    cvar_before: document.cvar_before ?? earlier.cvar_before,
    cvar_after: document.cvar_after ?? earlier.cvar_after,
    margin_impact: sum([earlier.margin_impact, document.margin_impact]),
    calculation: [...earlier.calculation, ...document.calculation],
    ...(opened
      ? {
          cut_by: document.cut_by,
          cvar_before: document.cvar_before,
          cvar_after: document.cvar_after,
          cvar_marginal: document.cvar_marginal,
        }
      : {}),
    legs: merged,
    reservations: [...earlier.reservations, ...document.reservations],
    orders: [...earlier.orders, ...document.orders],
    waiting_for: document.waiting_for,
    ...(document.counterfactual_pending ? { counterfactual_pending: true as const } : {}),
    outbox: document.outbox,
  }
}
