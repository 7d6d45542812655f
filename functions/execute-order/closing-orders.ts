import { leftByExits } from '../../shared/domain/account/left-by-exits.ts'
import { Decimal, floorToStep, ONE, sum } from '../../shared/domain/money/decimal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { recordReport } from '../../shared/store/order-events.ts'
import { type Position, positionOf } from '../../shared/store/positions.ts'
import { replaceOrder, type StoredOrder, workingClosingOrders } from '../../shared/store/trading-orders.ts'
import { cancelOrder } from './cancel.ts'
import type { Execution } from './execution.ts'
import { fitClosing } from './fit-closing.ts'

/**
 * An exit comes in place of what closes its brackets: before it is sent, that is taken back, or made as small as what the exit leaves; and
 * what it filled before is closed already, so that all together never close more than there is. Null where nothing is left for the exit.
 */
export async function inPlaceOfClosing(execution: Execution, exit: StoredOrder): Promise<StoredOrder | null> {
  if (!exit.is_exit || exit.parent_order_id !== undefined) return exit
  const { store } = execution
  const [closing, position] = await Promise.all([workingClosingOrders(store, exit), positionOf(store, exit)])
  if (closing.length === 0 || !position) return exit
  const after = await makeRoom(execution, { exit, closing, position })
  const before = new Map(closing.map(({ order_id, filled_qty }) => [order_id, filled_qty]))
  const closed = sum(after.map(({ order_id, filled_qty }) => filled_qty.minus(before.get(order_id) ?? filled_qty)))
  if (closed.isZero()) return exit
  const lot = (await instrumentById(store, exit.instrument_id))?.lot ?? ONE
  const quantity = Decimal.min(exit.quantity, floorToStep(position.quantity.abs().minus(closed), lot))
  if (quantity.eq(exit.quantity)) return exit
  if (!quantity.gt(0)) {
    await recordReport(store, exit, { event: 'cancel', reason: 'canceled by the end of its position' }, now())
    return null
  }
  const next = { ...exit, quantity }
  return (await replaceOrder(store, next)) ? { ...next, version: exit.version + 1 } : null
}

interface Room {
  exit: StoredOrder
  closing: readonly StoredOrder[]
  position: Position
}

async function makeRoom(execution: Execution, { exit, closing, position }: Room): Promise<StoredOrder[]> {
  const left = leftByExits(position, exit)
  if (left.gt(0)) return fitClosing(execution, { closing, left, because: exit })
  const after: StoredOrder[] = []
  for (const { order_id } of closing) {
    const canceled = await cancelOrder(execution, { ...exit, command: 'CANCEL', target_order_id: order_id })
    if (canceled) after.push(canceled)
  }
  return after
}
