import { type Check, deny, sized } from './check.ts'
import { correlationOf, strategyColumn } from './scenarios.ts'

/** Denies an entry of a strategy that moves with one that holds something, where both together have too much weight. */
export const correlationLimit: Check = (proposed, { state: { strategy, book, limits }, allocation_pct }) => {
  const { correlation_threshold, correlation_weight_limit_pct } = limits
  const held = new Set(book.holdings.filter(({ notional }) => notional !== 0).map(({ strategy_id }) => strategy_id))
  held.delete(strategy.strategy_id)
  let closest = { with: 'none', correlation: Number.NEGATIVE_INFINITY, joint_weight_pct: 0 }
  for (const other of held) {
    const joint_weight_pct = allocation_pct.toNumber() + (book.weights.get(other) ?? 0)
    if (joint_weight_pct <= correlation_weight_limit_pct) continue
    const correlation = correlationOf(book.scenarios, strategyColumn(strategy.strategy_id), strategyColumn(other))
    if (correlation !== null && correlation > closest.correlation) closest = { with: other, correlation, joint_weight_pct }
  }
  const limit = { threshold: String(correlation_threshold), weight_limit_pct: String(correlation_weight_limit_pct) }
  if (closest.with === 'none') return sized(proposed, { held_strategies: String(held.size), ...limit })
  const figures = { correlation: closest.correlation.toFixed(4), joint_weight_pct: closest.joint_weight_pct.toFixed(2), ...limit }
  return closest.correlation > correlation_threshold
    ? deny('CORRELATION_LIMIT', figures, { with_strategy: closest.with })
    : sized(proposed, { ...figures, with_strategy: closest.with })
}
