import { settle } from '../../shared/domain/account/settle-reservation.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import { isTerminal } from '../../shared/domain/order/transitions.ts'
import type { BookMode } from '../../shared/messages/signal.ts'
import { now } from '../../shared/runtime/clock.ts'
import { approvedOrderIds } from '../../shared/store/cerebro-decisions.ts'
import type { Store } from '../../shared/store/collection.ts'
import { ledgerOf, ledgersQuery, type Reservation, replaceLedger } from '../../shared/store/margin-ledger.ts'
import { readAll } from '../../shared/store/query.ts'
import { orderById } from '../../shared/store/trading-orders.ts'

const ORPHAN_AFTER_MS = 60_000

/** Frees margin whose signal was never approved, or whose order has ended without anybody telling the ledger; how many there were. */
export async function freeOrphanReservations(store: Store): Promise<number> {
  let freed = 0
  for (const { trading_mode, reservations } of await readAll(store, ledgersQuery(store))) {
    const old = reservations.filter(({ state, at }) => state === 'live' && now().getTime() - at.getTime() > ORPHAN_AFTER_MS)
    const approved = await approvedOrderIds(
      store,
      old.map(({ signal_id }) => signal_id),
    )
    for (const reservation of old) if (await free(store, trading_mode, { reservation, approved })) freed += 1
  }
  return freed
}

interface Suspect {
  reservation: Reservation
  approved: Set<string>
}

async function free(store: Store, mode: BookMode, { reservation, approved }: Suspect): Promise<boolean> {
  const { order_id, quantity } = reservation
  const order = await orderById(store, order_id)
  if (order ? !isTerminal(order.status) : approved.has(order_id)) return false
  const progress = { order_id, quantity: order?.quantity ?? quantity, filled: order?.filled_qty ?? ZERO, ended: true }
  for (;;) {
    const ledger = await ledgerOf(store, mode)
    const next = ledger && settle(ledger, { ...progress, at: now() })
    if (!next) return false
    if (await replaceLedger(store, next)) return true
  }
}
