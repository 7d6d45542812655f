import { ZERO } from '../../shared/domain/money/decimal.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { confirmationMessage } from '../../shared/store/order-events.ts'
import type { StoredOrder } from '../../shared/store/trading-orders.ts'
import type { Refusal } from './refusal.ts'

/** An order that nothing was done with yet. */
export const newOrder = (command: OrderCommand, at: Date): StoredOrder => ({
  ...command,
  status: 'NEW',
  states: [{ status: 'NEW', at }],
  broker_order_id: null,
  filled_qty: ZERO,
  avg_fill_price: null,
  reason: null,
  created_at: at,
  updated_at: at,
  attempted_at: null,
  attempts: 0,
  ...(command.is_exit && command.command === 'PLACE' && { unfinished_exit: true }),
  version: 1,
})

/** The same, on its way to the broker; what becomes of it is told of state by state (EXE-8). */
export function attempted(order: StoredOrder, at: Date): StoredOrder {
  const sending: StoredOrder = {
    ...order,
    status: 'SUBMITTING',
    states: [...order.states, { status: 'SUBMITTING', at }],
    attempted_at: at,
    attempts: order.attempts + 1,
    updated_at: at,
  }
  return { ...sending, outbox: [confirmationMessage(sending, order.fills ?? [], at)] }
}

/** The first write of an order says two things at once: that it is there, and what follows at once. */
export function begun(order: StoredOrder, next: (order: StoredOrder) => StoredOrder): StoredOrder {
  const first = next({ ...order, version: 0 })
  const told = confirmationMessage({ ...order, version: -1 }, [], order.created_at)
  return { ...first, version: order.version, outbox: [told, ...(first.outbox ?? [])] }
}

/** The same, refused by us before it reached anybody. */
export function refused(order: StoredOrder, { status, reason }: Refusal, at: Date): StoredOrder {
  const ended: StoredOrder = { ...order, status, reason, states: [...order.states, { status, at }] }
  return { ...ended, outbox: [confirmationMessage(ended, [], at)] }
}
