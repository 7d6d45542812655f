import type { Broker, OrderResult } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { type OrderReport, recordReport } from '../../shared/store/order-events.ts'
import type { OutboxMessage } from '../../shared/store/outbox.ts'
import { insertOrder, orderById, replaceOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'
import { inPlaceOfClosing } from './closing-orders.ts'
import { emulate } from './emulate.ts'
import type { Execution } from './execution.ts'
import { attempted, begun, newOrder, refused } from './new-order.ts'
import { localRefusal } from './refusal.ts'
import { isLate, staleRefusal } from './stale.ts'

export interface Placed {
  order: StoredOrder
  /** All there is to send where this delivery made the order; null where more may wait. */
  messages: readonly OutboxMessage[] | null
}

/** Places an order once: its intent is stored before anything is sent, and an attempt without an answer is asked for, not repeated. */
export async function placeOrder(execution: Execution, command: OrderCommand): Promise<Placed> {
  const { store } = execution
  const refusal =
    (await localRefusal(execution, command, now())) ?? (isLate(command, now()) ? await staleRefusal(execution, command, now()) : null)
  const order = newOrder(command, now())
  const intent = begun(order, first => (refusal ? refused(first, refusal, now()) : attempted(first, now())))
  const { stored, inserted } = await insertOrder(store, intent)
  if (!inserted) return { order: await resume(execution, stored), messages: null }
  const { outbox: told = [] } = intent
  if (refusal) return { order: stored, messages: told }
  crashPoint('execute-order:intent-stored')
  const left = await inPlaceOfClosing(execution, stored)
  if (left === null) return { order: (await orderById(store, stored.order_id)) ?? stored, messages: null }
  const placed = await send(execution, left)
  // What is made of other orders was told of in two steps, and a stream may have been faster.
  const own = placed.emulated === undefined && placed.version === left.version + 1
  return { order: placed, messages: own ? [...told, ...(placed.outbox ?? [])] : null }
}

/** Takes up an order that another delivery began. */
async function resume(execution: Execution, order: StoredOrder): Promise<StoredOrder> {
  const record = (report: OrderReport) => recordReport(execution.store, order, report, now())
  switch (order.status) {
    case 'NEW': {
      const refusal = (await localRefusal(execution, order, now())) ?? (await staleRefusal(execution, order, now()))
      if (refusal) return record({ event: refusal.status === 'EXPIRED' ? 'expire' : 'deny', reason: refusal.reason })
      const again = attempted(order, now())
      if (!(await replaceOrder(execution.store, again))) return order
      const { outbox: _, ...stored } = again
      return send(execution, { ...stored, version: order.version + 1 })
    }
    case 'SUBMITTING': {
      // Whoever stored this died, or still waits for the broker: only the broker can tell, and `supervise-orders` asks until it is sure.
      const broker = await execution.brokers(order.broker_id)
      const found = await broker.getOrder(order).catch(() => null)
      return record(found ? reportOf(found) : { event: 'lose_track', reason: 'no answer to an earlier attempt' })
    }
    default:
      return order
  }
}

async function send({ store, brokers }: Execution, order: StoredOrder): Promise<StoredOrder> {
  const [broker, instrument] = await Promise.all([brokers(order.broker_id), instrumentById(store, order.instrument_id)])
  if (!instrument) {
    const reason = `UNKNOWN_INSTRUMENT: instrument_id=${order.instrument_id}`
    return recordReport(store, order, { event: 'reject', reason }, now())
  }
  const { order_types, emulable } = broker.capabilities
  if (!order_types.includes(order.order_type) && emulable.includes(order.order_type)) return emulate(store, { order, instrument, broker })
  const result = await broker.placeOrder({ ...order, instrument }).catch(unknownOutcome)
  crashPoint('execute-order:placed')
  const stored = await recordReport(store, order, await reportAfter(broker, order, result), now())
  crashPoint('execute-order:stored')
  return stored
}

const unknownOutcome = (error: unknown): OrderResult => ({
  kind: 'unknown',
  reason: error instanceof Error ? error.message : String(error),
})

async function reportAfter(broker: Broker, order: StoredOrder, result: OrderResult): Promise<OrderReport> {
  if (result.kind === 'rejected') return { event: 'reject', reason: `BROKER_REJECTED: ${result.reason}` }
  if (result.kind === 'unknown') return { event: 'lose_track', reason: result.reason }
  const seen = result.order ?? (await broker.getOrder(order).catch(() => null))
  return seen ? reportOf(seen) : { event: 'acknowledge', broker_order_id: result.broker_order_id }
}
