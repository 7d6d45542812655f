import type { Broker, BrokerOrder } from '../../shared/brokers/broker.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { now } from '../../shared/runtime/clock.ts'
import { instrumentById } from '../../shared/store/instruments.ts'
import { replaceOrder, type StoredOrder, withChanges } from '../../shared/store/trading-orders.ts'
import { learn } from './record.ts'
import { type Look, QUIET_MS } from './supervision.ts'

interface Asking {
  broker: Broker
  open: readonly StoredOrder[]
  /** Working orders as the broker lists them. */
  listed: readonly BrokerOrder[]
}

/** Asks once more for cancels and changes that got no answer (rule 6), of orders that the broker still lists as working. */
export async function askAgain(look: Look, { broker, open, listed }: Asking): Promise<void> {
  const byId = new Map(listed.flatMap(order => [order, ...order.legs]).map(order => [order.client_order_id, order]))
  for (const order of open) {
    const seen = byId.get(order.client_order_id)
    if (!seen || order.part_client_ids || Math.abs(now().getTime() - order.updated_at.getTime()) < QUIET_MS) continue
    if (order.status === 'CANCEL_PENDING') await cancelAgain(look, broker, order)
    else if (order.wanted) await changeAgain(look, { broker, order, seen })
  }
}

async function cancelAgain(look: Look, broker: Broker, order: StoredOrder): Promise<void> {
  const result = await broker.cancelOrder(order)
  if (result.kind === 'unknown') return
  const seen = await broker.getOrder(order)
  if (!seen) return
  const goesOn = result.kind === 'rejected' && seen.status === 'SUBMITTED'
  await learn(look, order, goesOn ? { event: 'refuse_cancel', reason: result.reason } : reportOf(seen))
}

interface Changing {
  broker: Broker
  order: StoredOrder
  seen: BrokerOrder
}

/** A change that the broker took, though nobody heard it say so, shows in its order; any other is asked for again. */
async function changeAgain(look: Look, { broker, order, seen }: Changing): Promise<void> {
  const { wanted, ...rest } = order
  if (!wanted) return
  const settle = (changes: Partial<StoredOrder>) => replaceOrder(look.store, { ...rest, ...changes, updated_at: now() }, ['wanted'])
  if (isTaken(wanted, seen)) return void (await settle(withChanges(rest, wanted)))
  const instrument = await instrumentById(look.store, order.instrument_id)
  if (!instrument) return
  const result = await broker.modifyOrder({ ...order, instrument, changes: wanted })
  if (result.kind === 'confirmed') await settle(withChanges(rest, wanted))
  if (result.kind === 'rejected') await settle({ reason: `BROKER_REJECTED: ${result.reason}` })
}

const isTaken = ({ quantity, limit_price, stop_price }: NonNullable<StoredOrder['wanted']>, seen: BrokerOrder): boolean =>
  seen.quantity.eq(quantity) && isAt(seen.limit_price, limit_price) && isAt(seen.stop_price, stop_price)

/** What a change leaves out stays as it is. */
const isAt = (price: StoredOrder['limit_price'], wanted: StoredOrder['limit_price']): boolean =>
  wanted === null || price?.eq(wanted) === true
