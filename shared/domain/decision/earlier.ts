import { Decimal, sum, ZERO } from '../money/decimal.ts'
import type { LegDecision, PlannedOrder } from './intent.ts'
import { firstRung } from './order-ids.ts'
import type { Part } from './parts.ts'

type EarlierOrder = Pick<PlannedOrder, 'order_id' | 'command' | 'target_order_id' | 'quantity'>

/** What a decision came to before it is decided again. */
export interface EarlierDecision {
  parts: readonly (Part & Pick<LegDecision, 'decision' | 'wanted_quantity' | 'position_size'>)[]
  orders: readonly EarlierOrder[]
  waiting_for: readonly string[]
  /** The entries that it canceled, as far as they came to execution. */
  canceled: ReadonlyMap<string, { quantity: Decimal; filled: Decimal }>
}

/** How often a part has placed an order. */
export const placedBy = ({ orders }: EarlierDecision, order_id: string): number =>
  orders.filter(each => each.command === 'PLACE' && firstRung(each.order_id) === order_id).length

/** The cancels that one exit asked for. */
const cancelsOf = ({ orders }: EarlierDecision, order_id: string): EarlierOrder[] =>
  orders.filter(each => each.command === 'CANCEL' && each.order_id.startsWith(`${order_id}_C_`))

/** Entries that an exit still waits for. */
export const waitedBy = (earlier: EarlierDecision, order_id: string): string[] =>
  cancelsOf(earlier, order_id).flatMap(({ target_order_id: id }) => (id !== null && earlier.waiting_for.includes(id) ? [id] : []))

/** What filled, in units, of the entries that an exit cancels, after it was decided. */
export const filledSince = (earlier: EarlierDecision, order_id: string): Decimal =>
  sum(
    cancelsOf(earlier, order_id).map(({ target_order_id, quantity: open }) => {
      const entry = earlier.canceled.get(target_order_id ?? '')
      return entry ? Decimal.max(ZERO, entry.filled.minus(entry.quantity.minus(open))) : ZERO
    }),
  )

/** Which parts must be decided anew: what was held or waits, and exits whose canceled entries may have filled. */
export const isOpen = (earlier: EarlierDecision, part: number, order_id: string): boolean => {
  const before = earlier.parts[part]
  return before?.decision === 'HELD' || (before?.signal_type === 'EXIT' && waitedBy(earlier, order_id).length > 0)
}
