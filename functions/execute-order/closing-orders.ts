import { type Decimal, floorToStep, ZERO } from '../../shared/domain/money/decimal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { recordReport } from '../../shared/store/order-events.ts'
import { positionOf } from '../../shared/store/positions.ts'
import { replaceOrder, type StoredOrder, workingClosingOrders } from '../../shared/store/trading-orders.ts'
import { cancelOrder } from './cancel.ts'
import type { Execution } from './execution.ts'

/**
 * An exit of a whole position comes in place of what closes its bracket: that is taken back first, and what it filled before is closed
 * already, so that both together never close more than there is. Null where nothing is left for the exit.
 */
export async function inPlaceOfClosing(execution: Execution, exit: StoredOrder): Promise<StoredOrder | null> {
  if (!exit.is_exit || exit.parent_order_id !== undefined) return exit
  const { store } = execution
  const [closing, position] = await Promise.all([workingClosingOrders(store, exit), positionOf(store, exit)])
  if (closing.length === 0 || !position) return exit
  const lot = (await instrumentById(store, exit.instrument_id))?.lot
  const whole = lot ? floorToStep(position.quantity.abs(), lot) : position.quantity.abs()
  if (exit.quantity.lt(whole)) return exit
  let closed: Decimal = ZERO
  for (const before of closing) {
    const after = await cancelOrder(execution, { ...exit, command: 'CANCEL', target_order_id: before.order_id })
    closed = closed.plus(after?.filled_qty.minus(before.filled_qty) ?? ZERO)
  }
  if (closed.isZero()) return exit
  const quantity = exit.quantity.minus(closed)
  if (!quantity.gt(0)) {
    await recordReport(store, exit, { event: 'cancel', reason: 'canceled by the end of its position' }, now())
    return null
  }
  const next = { ...exit, quantity }
  return (await replaceOrder(store, next)) ? { ...next, version: exit.version + 1 } : null
}
