import { sentence } from '../../shared/domain/errors.ts'
import type { OrderCommand } from '../../shared/messages/order.ts'
import { holdsReservation } from '../../shared/store/margin-ledger.ts'
import type { Execution } from './execution.ts'

export interface Refusal {
  status: 'DENIED' | 'EXPIRED'
  reason: string
}

/** What forbids sending an order, before any network call; null where nothing does. Exits need no reservation and do not expire. */
export async function localRefusal({ store, allowLive, brokers }: Execution, order: OrderCommand, now: Date): Promise<Refusal | null> {
  const { trading_mode, account_id, order_id, is_exit, expires_at, broker_id } = order
  if (trading_mode === 'LIVE' && !allowLive) return { status: 'DENIED', reason: sentence('LIVE_NOT_ALLOWED', { account_id }) }
  if (is_exit) return null
  if (expires_at && expires_at <= now) return { status: 'EXPIRED', reason: sentence('EXPIRED', { expires_at: expires_at.toISOString() }) }
  if (!(await holdsReservation(store, { trading_mode, order_id })))
    return { status: 'DENIED', reason: sentence('RESERVATION_LOST', { order_id }) }
  return (await needsLogin(brokers, order))
    ? { status: 'DENIED', reason: sentence('BROKER_UNAVAILABLE', { broker_id, status: 'NEEDS_LOGIN' }) }
    : null
}

/** Only brokers with a daily login can say so; one that cannot be asked is judged when it is sent to. */
const needsLogin = (brokers: Execution['brokers'], { broker_id, account_id }: OrderCommand): Promise<boolean> =>
  brokers(broker_id)
    .then(broker => broker.needsLogin?.(account_id) ?? false)
    .catch(() => false)
