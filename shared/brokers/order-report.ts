import type { OrderEvent } from '../domain/order/transitions.ts'
import type { FillReport } from '../messages/order.ts'
import type { BrokerOrder } from './broker.ts'

const events: Record<BrokerOrder['status'], OrderEvent> = {
  SUBMITTED: 'acknowledge',
  CANCEL_PENDING: 'request_cancel',
  PARTIALLY_FILLED: 'fill_part',
  FILLED: 'fill',
  CANCELED: 'cancel',
  REJECTED: 'reject',
  EXPIRED: 'expire',
}

/** What a broker's view of an order tells about ours. */
export const reportOf = ({ status, broker_order_id, reason, fills }: BrokerOrder): BrokerReport => ({
  event: events[status],
  broker_order_id,
  reason,
  fills,
})

export interface BrokerReport {
  event: OrderEvent
  broker_order_id: string
  reason: string | null
  fills: FillReport[]
}
