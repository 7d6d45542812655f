import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { decisionsWaitingFor } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import type { OutboxMessage } from '../../shared/store/outbox.ts'
import { redecideMessage } from '../../shared/store/redecide.ts'

/** An entry has ended: the exits that waited for it are decided again, on what it filled. */
export async function redecisionMessages(store: Store, { order_id }: ExecutionConfirmation, at: Date): Promise<OutboxMessage[]> {
  const waiting = await decisionsWaitingFor(store, order_id)
  const messages = await Promise.all(waiting.map(({ signal_id }) => redecideMessage(store, { signal_id, why: 'entries ended', at })))
  return messages.filter(message => message !== null)
}
