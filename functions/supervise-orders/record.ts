import type { BrokerOrder } from '../../shared/brokers/broker.ts'
import { legOrderId } from '../../shared/brokers/client-order-id.ts'
import { reportOf } from '../../shared/brokers/order-report.ts'
import { ZERO } from '../../shared/domain/money/decimal.ts'
import { now } from '../../shared/runtime/clock.ts'
import type { Store } from '../../shared/store/collection.ts'
import { confirmationMessage, type OrderReport, recordReport } from '../../shared/store/order-events.ts'
import { insertOrder, type StoredOrder } from '../../shared/store/trading-orders.ts'

/** What stores what it learns, and the ordering keys under which something must be sent because of it. */
interface Learning {
  store: Store
  told: Set<string>
}

export const keyOf = ({ account_id, instrument }: StoredOrder): string => `${account_id}:${instrument.symbol}`

/** Stores what was learned of an order, and remembers that something must be sent where that was new. */
export async function learn({ store, told }: Learning, order: StoredOrder, report: OrderReport): Promise<StoredOrder> {
  const after = await recordReport(store, order, report, now())
  if (after.version !== order.version) told.add(keyOf(after))
  return after
}

/** Stores what a broker says of an order and, for a bracket, of the orders that close it. */
export async function learnOf(look: Learning, order: StoredOrder, seen: BrokerOrder): Promise<StoredOrder> {
  const after = await learn(look, order, reportOf(seen))
  for (const leg of seen.legs) await learn(look, await legOf(look, after, leg), reportOf(leg))
  return after
}

const legOf = (look: Learning, entry: StoredOrder, leg: BrokerOrder): Promise<StoredOrder> =>
  closingOrder(look, entry, {
    role: leg.role ?? 'STOP_LOSS',
    broker_order_id: leg.broker_order_id,
    action: leg.action,
    quantity: leg.quantity,
    limit_price: leg.limit_price,
    stop_price: leg.stop_price,
    client_order_id: leg.client_order_id ?? legOrderId(entry.client_order_id, leg.role ?? 'STOP_LOSS'),
  })

interface ClosingTerms extends Pick<StoredOrder, 'client_order_id' | 'action' | 'quantity' | 'limit_price' | 'stop_price' | 'emulated'> {
  role: 'STOP_LOSS' | 'TAKE_PROFIT'
  broker_order_id: string | null
}

/** The document of a bracket's closing order: its id follows from the entry's, so that it is made once. */
export function closingOrder(look: Learning, entry: StoredOrder, terms: ClosingTerms): Promise<StoredOrder> {
  const { role, emulated, ...own } = terms
  return insertWorking(look, {
    ...closingDocument(entry),
    ...own,
    ...(emulated && { emulated }),
    order_id: legOrderId(entry.order_id, role),
    order_type: role === 'STOP_LOSS' ? 'STOP' : 'LIMIT',
    reason: emulated ? 'EMULATED' : null,
  })
}

/** What every order that closes a bracket has in common. */
export function closingDocument(entry: StoredOrder): StoredOrder {
  const at = now()
  const { ladder: _, fills: __, unfinished_exit: ___, unprotected: ____, emulated: _____, part_client_ids: ______, ...rest } = entry
  return {
    ...rest,
    parent_order_id: entry.order_id,
    action: entry.action === 'BUY' ? 'SELL' : 'BUY',
    stop_loss: null,
    take_profit: null,
    time_in_force: 'GTC',
    expires_at: null,
    is_exit: true,
    status: 'SUBMITTED',
    states: [{ status: 'SUBMITTED', at }],
    broker_order_id: null,
    filled_qty: ZERO,
    avg_fill_price: null,
    created_at: at,
    updated_at: at,
    attempts: 1,
    version: 1,
  }
}

/** Stores an order that works at its broker already, and tells of it; the one that is there wins. */
export async function insertWorking({ store, told }: Learning, order: StoredOrder): Promise<StoredOrder> {
  const outbox = [confirmationMessage({ ...order, version: 0 }, [], order.created_at)]
  const { stored, inserted } = await insertOrder(store, { ...order, outbox })
  if (inserted) told.add(keyOf(stored))
  return stored
}
