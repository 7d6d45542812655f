import { Decimal, floorToStep, ONE, sum, ZERO } from '../../shared/domain/money/decimal.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import type { Store } from '../../shared/store/collection.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { closingOrdersOf, isUnsent, orderById, ordersById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { cancelOrder } from './cancel.ts'
import type { Execution } from './execution.ts'
import { modifyOrder } from './modify.ts'

interface Fitting {
  /** What closes brackets in one instrument for one strategy, and still works. */
  closing: readonly StoredOrder[]
  /** What all of it together may close. */
  left: Decimal
  /** Who makes it so: told where something is canceled. */
  because: StoredOrder
}

/**
 * Makes what closes brackets as large as what is left to close, never more, so that it can never reverse a position; what was bought first is
 * taken to be closed first. Where a broker does not change an order, it is canceled, and the supervisor makes one in its place.
 * @returns the orders that were changed, as they then are
 */
export async function fitClosing(execution: Execution, { closing, left, because }: Fitting): Promise<StoredOrder[]> {
  const [groups, instrument] = await Promise.all([
    groupsOf(execution.store, closing),
    instrumentById(execution.store, because.instrument_id),
  ])
  const after: StoredOrder[] = []
  let free = left
  for (const { entry, legs, open } of groups) {
    const share = floorToStep(Decimal.min(open, free), instrument?.lot ?? ONE)
    free = free.minus(share)
    const wrong = legs.filter(leg => !share.eq(leg.quantity.minus(leg.filled_qty)))
    if (wrong.length > 0) after.push(...(await fitGroup(execution, { entry, legs, wrong, share, because })))
  }
  return after
}

interface Group {
  entry: StoredOrder
  legs: StoredOrder[]
  /** What the entry has filled and its closing orders have not closed. */
  open: Decimal
}

/** By brackets whose entries have ended, the latest first. */
async function groupsOf(store: Store, closing: readonly StoredOrder[]): Promise<Group[]> {
  const byParent = Map.groupBy(closing, ({ parent_order_id }) => parent_order_id ?? '')
  const ids = [...byParent.keys()]
  const [entries, all] = await Promise.all([ordersById(store, ids), closingOrdersOf(store, ids)])
  return entries
    .filter(({ status }) => isTerminal(status))
    .sort((one, other) => other.created_at.getTime() - one.created_at.getTime())
    .map(entry => {
      const closed = sum(all.filter(each => each.parent_order_id === entry.order_id).map(({ filled_qty }) => filled_qty))
      return { entry, legs: byParent.get(entry.order_id) ?? [], open: Decimal.max(ZERO, entry.filled_qty.minus(closed)) }
    })
}

interface GroupFitting extends Omit<Group, 'open'> {
  wrong: StoredOrder[]
  share: Decimal
  because: StoredOrder
}

async function fitGroup(execution: Execution, { entry, legs, wrong, share, because }: GroupFitting): Promise<StoredOrder[]> {
  const after: StoredOrder[] = []
  for (const leg of wrong) {
    if (isWatchedFor(leg)) continue
    const fitted = share.gt(0) && (await resized(execution, leg, share.plus(leg.filled_qty)))
    if (fitted) {
      after.push(fitted)
      continue
    }
    // One that stays alone is made smaller itself; where both are the broker's, both go and one takes their place.
    const together = !leg.emulated
    if (share.gt(0) && together) await markUnprotected(execution.store, entry.order_id)
    for (const gone of together ? legs : [leg]) {
      const canceled = await cancelOrder(execution, cancelCommand(because, gone))
      if (canceled) after.push(canceled)
    }
    if (together) break
  }
  return after
}

/** An emulated stop that was reached is a market order already, cut to what is held when it was sent. */
const isWatchedFor = ({ emulated }: StoredOrder): boolean => emulated?.triggered === true

const cancelCommand = (because: StoredOrder, { order_id }: StoredOrder): OrderCommand => ({
  ...because,
  command: 'CANCEL',
  target_order_id: order_id,
})

/** The order with its new quantity, or one whose change is still to be confirmed; null where it will not be changed. */
async function resized(execution: Execution, leg: StoredOrder, quantity: Decimal): Promise<StoredOrder | null> {
  if (!isUnsent(leg) && !(await execution.brokers(leg.broker_id)).capabilities.modifies) return null
  const command: OrderCommand = { ...leg, command: 'MODIFY', target_order_id: leg.order_id, quantity, limit_price: null, stop_price: null }
  const after = await modifyOrder(execution, command)
  return after && (after.wanted || after.quantity.eq(quantity)) ? after : null
}

/** From here on the supervisor knows that something has to take the place of what is canceled next. */
async function markUnprotected(store: Store, order_id: string): Promise<void> {
  for (let entry = await orderById(store, order_id); entry && entry.unprotected !== true; entry = await orderById(store, order_id))
    if (await replaceOrder(store, { ...entry, unprotected: true })) return
}
