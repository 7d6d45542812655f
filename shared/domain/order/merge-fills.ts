import type { Decimal } from '../money/decimal.ts'

/** An execution as a broker tells it; `corrects` names the one that it replaces. */
export interface ToldFill {
  execution_id: string
  price: Decimal
  quantity: Decimal
  time: Date
  commission: Decimal
  commission_currency: string
  commission_pending?: boolean | undefined
  fee_quantity?: Decimal | undefined
  corrects?: string | undefined
}

export interface MergedFills<F> {
  /** By time, then id: the same whatever order they were told in. */
  fills: F[]
  changed: boolean
  /** Told again under a known id with another price or quantity: skipped, for a person to look at. */
  conflicts: F[]
}

/**
 * What is known of an order's executions after some more were told, in any order and however often. A correction replaces what it corrects,
 * also where that is told later; a commission is patched when it comes. Quantities > 0.
 */
export function mergeFills<F extends ToldFill>(known: readonly F[], told: readonly F[]): MergedFills<F> {
  const byId = new Map(known.map(fill => [fill.execution_id, fill]))
  const replaced = new Set([...known, ...told].flatMap(({ corrects }) => (corrects === undefined ? [] : [corrects])))
  const conflicts: F[] = []
  let changed = false
  for (const fill of told) {
    const before = byId.get(fill.execution_id)
    if (replaced.has(fill.execution_id)) continue
    if (!before) {
      byId.set(fill.execution_id, fill)
      changed = true
    } else if (!before.price.eq(fill.price) || !before.quantity.eq(fill.quantity)) {
      conflicts.push(fill)
    } else if (before.commission_pending && !fill.commission_pending) {
      byId.set(fill.execution_id, fill)
      changed = true
    }
  }
  for (const id of replaced) changed = byId.delete(id) || changed
  const fills = [...byId.values()].sort(
    (one, other) => one.time.getTime() - other.time.getTime() || (one.execution_id < other.execution_id ? -1 : 1),
  )
  return { fills, changed, conflicts }
}
