import type { Broker, OrderResult } from '../../shared/brokers/broker.ts'
import { clientOrderId } from '../../shared/brokers/client-order-id.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import type { InstrumentDocument } from '../../shared/messages/instrument.ts'
import type { OrderType } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { orderAfter, recordReport } from '../../shared/store/order-events.ts'
import { replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'

interface Emulated {
  order: StoredOrder
  instrument: InstrumentDocument
  broker: Broker
}

/**
 * The broker has no such order: the supervisor makes it of others, which Cerebro has seen to that its strategy allows. What of it waits for
 * nothing is sent here, noted before it is, so that the supervisor asks for it where no answer comes.
 */
export async function emulate(store: Store, { order, instrument, broker }: Emulated): Promise<StoredOrder> {
  const acknowledged = orderAfter(order, { event: 'acknowledge', reason: 'EMULATED' }, now())
  if (!acknowledged) return order
  const order_type = firstPart(order, broker)
  const sent = order_type === null ? {} : { sent: [{ client_order_id: order.client_order_id, at: now(), asked: 0 }] }
  const next: StoredOrder = {
    ...acknowledged,
    emulated: { extreme: null, ...sent },
    ...(order.order_type === 'BRACKET' && { unprotected: true }),
    ...(order.order_type === 'OCO' && { part_client_ids: [clientOrderId(`${order.order_id}_ST`, broker.capabilities)] }),
  }
  if (!(await replaceOrder(store, next))) return order
  const { outbox: _, ...kept } = { ...next, version: order.version + 1 }
  if (order_type === null) return kept
  const stop_price = order.order_type === 'OCO' ? null : order.stop_price
  const result = await broker
    .placeOrder({ ...order, instrument, order_type, stop_price, stop_loss: null, take_profit: null })
    .catch((): OrderResult => ({ kind: 'unknown', reason: 'no answer' }))
  return told(store, kept, result)
}

/** A bracket's entry where the broker knows its type; the better side of an OCO. Null where the market has to be watched first. */
function firstPart({ order_type, limit_price, stop_price }: StoredOrder, { capabilities }: Broker): OrderType | null {
  if (order_type === 'OCO') return 'LIMIT'
  if (order_type !== 'BRACKET') return null
  const entry = stop_price ? (limit_price ? 'STOP_LIMIT' : 'STOP') : limit_price ? 'LIMIT' : 'MARKET'
  return capabilities.order_types.includes(entry) ? entry : null
}

async function told(store: Store, order: StoredOrder, result: OrderResult): Promise<StoredOrder> {
  if (result.kind === 'unknown') return order
  if (result.kind === 'rejected') return recordReport(store, order, { event: 'reject', reason: `BROKER_REJECTED: ${result.reason}` }, now())
  if (!result.order) return order
  const report = order.part_client_ids ? { event: null, fills: result.order.fills } : reportOf(result.order)
  return recordReport(store, order, report, now())
}
