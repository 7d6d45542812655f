import { settle } from '../../shared/domain/account/settle-reservation.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { ExecutionConfirmation } from '../../shared/messages/order.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ledgerOf, replaceLedger } from '../../shared/store/margin-ledger.ts'

/**
 * Moves an entry order's reservation along with its fills (CER-4): what filled waits for a snapshot of the broker, what can fill no more is
 * free again. Computed from the order's whole filled quantity, so that doing it again changes nothing.
 */
export async function settleReservation(store: Store, confirmation: ExecutionConfirmation): Promise<void> {
  const { trading_mode, order_id, quantity, filled_qty, status } = confirmation
  for (;;) {
    const ledger = await ledgerOf(store, trading_mode)
    if (!ledger) return
    const next = settle(ledger, { order_id, quantity, filled: filled_qty, ended: isTerminal(status), at: now() })
    if (!next || (await replaceLedger(store, next))) return
  }
}
