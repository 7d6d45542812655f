import { firstRung } from '../../shared/domain/decision/order-ids.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { decisionsWaitingFor } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import type { OutboxMessage } from '../../shared/store/outbox.ts'
import { redecideMessage } from '../../shared/store/redecide.ts'

/**
 * An order has ended: what waited for it is decided again, exits on what an entry filled, and a reversal's entry on what its exit left. For
 * an exit's later rungs the same decisions wait as for its first.
 */
export async function redecisionMessages(store: Store, { order_id }: ExecutionConfirmation, at: Date): Promise<OutboxMessage[]> {
  const waiting = await decisionsWaitingFor(store, firstRung(order_id))
  const messages = await Promise.all(waiting.map(({ signal_id }) => redecideMessage(store, { signal_id, at })))
  return messages.filter(message => message !== null)
}
