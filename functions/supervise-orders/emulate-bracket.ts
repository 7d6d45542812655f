import { clientOrderId, legOrderId } from '../../shared/brokers/client-order-id.ts'
import { leftByExits } from '../../shared/domain/account/left-by-exits.ts'
import { Decimal, floorToStep, ONE, sum } from '../../shared/domain/money/decimal.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { positionOf } from '../../shared/store/positions.ts'
import { isUnsent, ordersById, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { changed, type Emulating, noteOf, sendPart, settleCanceled } from './emulated-part.ts'
import { cancel } from './expiry.ts'
import { closingOrder, learn, learnOf } from './record.ts'
import type { Look } from './supervision.ts'
import { watch } from './watch-stop.ts'

/** Makes the closing orders of an emulated bracket for what its entry has filled; they are there before anybody forgets that they must be. */
export async function protect({ look, broker }: Emulating, entry: StoredOrder): Promise<void> {
  const held = await heldOf(look, entry)
  if (held.gt(0)) {
    for (const [role, price] of [['STOP_LOSS', entry.stop_loss] as const, ['TAKE_PROFIT', entry.take_profit] as const]) {
      if (!price) continue
      const stop = role === 'STOP_LOSS'
      const leg = await closingOrder(look, entry, {
        role,
        client_order_id: clientOrderId(legOrderId(entry.order_id, role), broker.capabilities),
        broker_order_id: null,
        action: entry.action === 'BUY' ? 'SELL' : 'BUY',
        quantity: held,
        limit_price: stop ? null : price,
        stop_price: stop ? price : null,
        emulated: { extreme: null },
      })
      const grown = isUnsent(leg) && !isTerminal(leg.status) && leg.quantity.lt(held)
      if (grown && !(await changed(look, leg, { quantity: held }))) return
    }
  }
  if (isTerminal(entry.status)) await changed(look, entry, { unprotected: false })
}

/** What an entry filled, less what the broker kept of it as its fee, in whole lots. */
async function heldOf({ store }: Look, { filled_qty, fills = [], instrument_id }: StoredOrder): Promise<Decimal> {
  const fees = sum(fills.flatMap(({ fee_quantity }) => fee_quantity ?? []))
  if (fees.isZero()) return filled_qty
  const lot = (await instrumentById(store, instrument_id))?.lot
  return lot ? floorToStep(filled_qty.minus(fees), lot) : filled_qty.minus(fees)
}

interface Closing {
  entry: StoredOrder
  stop: StoredOrder | undefined
  target: StoredOrder | undefined
}

/** The closing orders of one bracket: the target rests at the broker once the entry has ended, the stop is watched; one ends the other. */
export async function workClosingOrders(emulating: Emulating, parent_id: string): Promise<void> {
  const ids = { stop: legOrderId(parent_id, 'STOP_LOSS'), target: legOrderId(parent_id, 'TAKE_PROFIT') }
  const found = new Map((await ordersById(emulating.look.store, [parent_id, ids.stop, ids.target])).map(order => [order.order_id, order]))
  const entry = found.get(parent_id)
  if (!entry) return
  const closing = { entry, stop: found.get(ids.stop), target: found.get(ids.target) }
  for (const leg of [closing.stop, closing.target]) {
    if (leg?.status === 'CANCEL_PENDING') await settleCanceled(emulating, leg)
  }
  if (closing.stop && isWaiting(closing.stop)) await workStopLoss(emulating, { ...closing, stop: closing.stop })
  else if (closing.target && isWaiting(closing.target)) await workTakeProfit(emulating, closing.entry, closing.target)
}

const isWaiting = ({ status }: StoredOrder): boolean => status === 'SUBMITTED' || status === 'PARTIALLY_FILLED'

async function workStopLoss(emulating: Emulating, { entry, stop, target }: Closing & { stop: StoredOrder }): Promise<void> {
  const { look } = emulating
  if (noteOf(stop, stop.client_order_id)) return send(emulating, stop, 'MARKET')
  if (isTerminal(entry.status) && !leftToClose(await heldOf(look, entry), target).gt(0)) {
    await learn(look, stop, { event: 'cancel', reason: 'canceled by its other side' })
    return
  }
  const reached = await watch(emulating, stop)
  if (!reached) return target && isWaiting(target) ? workTakeProfit(emulating, entry, target) : undefined
  const others = await Promise.all([entry, ...(target ? [target] : [])].map(order => ended(emulating, order)))
  const [enteredFor, closedBy] = others
  if (!enteredFor || others.some(order => !isTerminal(order.status))) return
  const quantity = await closable(emulating, stop, leftToClose(await heldOf(look, enteredFor), closedBy))
  if (!quantity.gt(0)) return void (await learn(look, reached, { event: 'cancel', reason: 'canceled by its other side' }))
  // From here on it is an exit that must not be given up: should the broker refuse it, the ladder takes over.
  const ready = await changed(look, reached, { quantity, unfinished_exit: true })
  if (ready) await send(emulating, ready, 'MARKET')
}

/** Canceled, where it still works. */
const ended = ({ look, broker }: Emulating, order: StoredOrder): Promise<StoredOrder> | StoredOrder =>
  isWaiting(order) ? cancel(look, { broker, order, reason: 'canceled by its stop' }) : order

const leftToClose = (held: Decimal, other: StoredOrder | undefined): Decimal => (other ? held.minus(other.filled_qty) : held)

/** No more than the strategy still holds and its exits leave, in whole lots. */
async function closable({ look }: Emulating, stop: StoredOrder, left: Decimal): Promise<Decimal> {
  const [position, instrument] = await Promise.all([positionOf(look.store, stop), instrumentById(look.store, stop.instrument_id)])
  const held = position?.quantity
  const closes = held && !held.isZero() && held.isNegative() === (stop.action === 'BUY')
  return closes ? floorToStep(Decimal.min(left, leftByExits(position)), instrument?.lot ?? ONE) : left
}

async function workTakeProfit(emulating: Emulating, entry: StoredOrder, target: StoredOrder): Promise<void> {
  if (isTerminal(entry.status) && entry.unprotected !== true) await send(emulating, target, 'LIMIT')
}

async function send(emulating: Emulating, leg: StoredOrder, order_type: 'MARKET' | 'LIMIT'): Promise<void> {
  const { look, broker } = emulating
  const { client_order_id, quantity, limit_price } = leg
  const { times_in_force } = broker.capabilities
  const wanted = order_type === 'MARKET' ? 'DAY' : 'GTC'
  const time_in_force = times_in_force.includes(wanted) ? wanted : (times_in_force[0] ?? 'DAY')
  const part = { client_order_id, quantity, order_type, limit_price, stop_price: null }
  const sent = await sendPart(emulating, { ...leg, time_in_force }, part)
  if (sent.rejected) await learn(look, sent.order, { event: 'reject', reason: sent.rejected })
  else if (sent.seen) await learnOf(look, sent.order, sent.seen)
}
