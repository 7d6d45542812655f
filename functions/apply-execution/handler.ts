import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import { crashPoint } from '../../shared/runtime/crash-points.ts'
import type { Outcome, StepContext } from '../../shared/runtime/define-step.ts'
import type { Waiting } from '../../shared/runtime/outbox.ts'
import type { Store } from '../../shared/store/collection.ts'
import { executionConfirmations, insertConfirmation } from '../../shared/store/execution-confirmations.ts'
import { type OutboxMessage, toOutbox } from '../../shared/store/outbox.ts'
import { tellSignal } from '../../shared/store/signal-progress.ts'
import { bookFillOnce, releaseClaim } from './book.ts'
import { settleReservation } from './ledger.ts'
import { redecisionMessages } from './waiting-exits.ts'

/** Books what a broker said of an order: fills → positions → margin ledger → signal; then the confirmation itself, with what follows. */
export const applyExecution =
  (store: Store) =>
  async (confirmation: ExecutionConfirmation, { now: at }: StepContext): Promise<Outcome> => {
    for (const report of confirmation.fills) await bookFillOnce(store, confirmation, report)
    const ended = isTerminal(confirmation.status)
    await settle(store, confirmation, ended)
    crashPoint('apply-execution:ledger-updated')
    const [redecisions] = await Promise.all([
      ended && !confirmation.is_exit ? redecisionMessages(store, confirmation, at) : [],
      tellSignal(store, confirmation.signal_id),
    ])
    const outbox = [...bookingMessages(confirmation), ...redecisions]
    const fresh = await insertConfirmation(store, { ...confirmation, booked_at: now(), outbox })
    crashPoint('apply-execution:stored')
    const { signal_id, order_id, strategy_id, status, filled_qty, avg_fill_price } = confirmation
    return {
      message: 'execution booked',
      fields: { signal_id, order_id, strategy_id, status, filled_qty, avg_fill_price },
      flush: fresh ? [{ holder: executionConfirmations, messages: outbox }] : waitingKeysOf(outbox),
    }
  }

/** Gives back what an order can use no more: an exit its claim, an entry its reservation. */
async function settle(store: Store, confirmation: ExecutionConfirmation, ended: boolean): Promise<void> {
  if (!confirmation.is_exit) return settleReservation(store, confirmation)
  if (ended) await releaseClaim(store, confirmation)
}

/** A confirmation that came before may still hold its own messages: whatever waits under these keys is sent. */
const waitingKeysOf = (outbox: readonly OutboxMessage[]): Waiting[] =>
  [...new Set(outbox.map(({ ordering_key }) => ordering_key))].map(ordering_key => ({ holder: executionConfirmations, ordering_key }))

/** Tells that an account's books changed, with the time after which its broker must be read. */
function bookingMessages({ account_id, broker_id, order_id, fills }: ExecutionConfirmation): OutboxMessage[] {
  if (fills.length === 0) return []
  const at = now()
  const data = { account_id, broker_id, timestamp: at, cause: 'BOOKING', order_id }
  return [toOutbox({ topic: 'account-updates', ordering_key: account_id, attributes: { cause: 'BOOKING' }, data, at })]
}
