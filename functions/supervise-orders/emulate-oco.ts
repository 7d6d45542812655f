import type { BrokerOrder } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import { askFor, type Emulating, noteOf, type PartSent, sendPart } from './emulated-part.ts'
import { learn } from './record.ts'
import { watch } from './watch-stop.ts'

const isOver = ({ status }: BrokerOrder): boolean => !['SUBMITTED', 'PARTIALLY_FILLED', 'CANCEL_PENDING'].includes(status)

/**
 * One order in place of two that cancel each other: its better side rests at the broker as a limit order, its worse side is watched. Once
 * that is reached the limit is taken back, and only when it has ended the rest goes as a market order. The fills of both are its own.
 */
export async function workOco(emulating: Emulating, order: StoredOrder): Promise<void> {
  const [stop_id] = order.part_client_ids ?? []
  if (stop_id === undefined) return
  const isCanceled = order.status === 'CANCEL_PENDING'
  const reached = isCanceled ? null : await watch(emulating, order)
  if (!reached && !isCanceled) return rest(emulating, order)
  const { order: current, ended } = await takeBack(emulating, reached ?? order, order.client_order_id)
  if (!ended) return
  if (isCanceled) return endAll(emulating, current, stop_id)
  await sendRest(emulating, current, stop_id)
}

/** The better side, as long as the worse one is not reached. */
async function rest(emulating: Emulating, order: StoredOrder): Promise<void> {
  const terms = { client_order_id: order.client_order_id, quantity: order.quantity, limit_price: order.limit_price, stop_price: null }
  const sent = await sendPart(emulating, order, { ...terms, order_type: 'LIMIT' })
  await toldBy(emulating, sent)
}

/** What filled of a part counts; how it ended is how the order ended, since nothing more is sent of it. */
async function toldBy({ look }: Emulating, { order, seen, rejected }: PartSent): Promise<void> {
  if (rejected) await learn(look, order, { event: order.filled_qty.isZero() ? 'reject' : 'cancel', reason: rejected })
  else if (seen) await learn(look, order, isOver(seen) ? reportOf(seen) : { event: null, fills: seen.fills })
}

/** Has a part canceled, until the broker says that it has ended or, sure enough, that it never had it. */
async function takeBack(
  emulating: Emulating,
  order: StoredOrder,
  client_order_id: string,
): Promise<{ order: StoredOrder; ended: boolean }> {
  const { look, broker } = emulating
  const note = noteOf(order, client_order_id)
  if (!note) return { order, ended: true }
  const { order: asked, seen, gone } = await askFor(emulating, order, note)
  // While nothing is known of it, nothing is sent beside it.
  if (!seen) return { order: asked, ended: gone }
  const { account_id, broker_order_id } = seen
  if (!isOver(seen)) await broker.cancelOrder({ account_id, client_order_id, broker_order_id })
  const after = isOver(seen) ? seen : ((await broker.getOrder({ account_id, client_order_id, broker_order_id })) ?? seen)
  return { order: await learn(look, asked, { event: null, fills: after.fills }), ended: isOver(after) }
}

async function endAll(emulating: Emulating, order: StoredOrder, stop_id: string): Promise<void> {
  const { order: current, ended } = await takeBack(emulating, order, stop_id)
  if (ended) await learn(emulating.look, current, { event: 'cancel', reason: current.reason })
}

async function sendRest(emulating: Emulating, order: StoredOrder, client_order_id: string): Promise<void> {
  const note = noteOf(order, client_order_id)
  const quantity = order.quantity.minus(order.filled_qty)
  if (!note && !quantity.gt(0)) return
  const sent = await sendPart(emulating, order, { client_order_id, quantity, order_type: 'MARKET', limit_price: null, stop_price: null })
  await toldBy(emulating, sent)
}
