import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { orderCommand, orderStatus } from '../messages/order.ts'
import { collection, isDuplicateKey, readOrNull, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'
import { readAll } from './query.ts'

const storedOrder = orderCommand.extend({
  status: orderStatus,
  states: z.array(z.object({ status: orderStatus, at: date })),
  broker_order_id: z.string().nullable(),
  filled_qty: decimal,
  avg_fill_price: decimal.nullable(),
  reason: z.string().nullable(),
  created_at: date,
  updated_at: date,
  /** When the last attempt to send it began. */
  attempted_at: date.nullable(),
  attempts: z.number(),
  version: z.number(),
  ...outbox,
})
export type StoredOrder = z.output<typeof storedOrder>

export const tradingOrders = collection('trading_orders', {
  schema: storedOrder,
  indexes: [
    { key: { order_id: 1 }, unique: true },
    { key: { account_id: 1, client_order_id: 1 }, unique: true },
    { key: { signal_id: 1 } },
    { key: { strategy_id: 1, instrument_id: 1, status: 1 } },
    { key: { status: 1, updated_at: 1 } },
    { key: { account_id: 1, status: 1 } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

export const orderById = async (store: Store, order_id: string) =>
  readOrNull(tradingOrders, await tradingOrders.in(store).findOne({ order_id }))

export const ordersOfSignalQuery = (signal_id: string) => ({ in: tradingOrders, filter: { signal_id } })

export const ordersOfSignal = (store: Store, signal_id: string) => readAll(store, ordersOfSignalQuery(signal_id))

/** Orders by their ids; those that never came to execution are left out. Uses (order_id). */
export const ordersById = (store: Store, order_ids: string[]) =>
  readAll(store, { in: tradingOrders, filter: { order_id: { $in: order_ids } } })

/** Orders in these states, longest untouched first. Uses (status, updated_at). */
export const ordersInStatus = async (store: Store, status: StoredOrder['status'][], limit: number) => {
  const found = await tradingOrders
    .in(store)
    .find({ status: { $in: status } })
    .sort({ updated_at: 1 })
    .limit(limit)
    .toArray()
  return found.map(tradingOrders.read)
}

/** Stores the intent to trade; the one that is already there wins and is returned. */
export async function insertOrder(store: Store, order: StoredOrder): Promise<{ stored: StoredOrder; inserted: boolean }> {
  try {
    await tradingOrders.in(store).insertOne({ ...order })
    return { stored: order, inserted: true }
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const stored = await orderById(store, order.order_id)
    if (!stored) throw error
    return { stored, inserted: false }
  }
}

/** Writes an order computed from the version that was read, with new messages; tells whether nobody was first. */
export async function replaceOrder(store: Store, next: StoredOrder): Promise<boolean> {
  const { outbox: messages = [], version, ...rest } = next
  const written = await tradingOrders
    .in(store)
    .updateOne(
      { order_id: next.order_id, version },
      update({ $set: { ...rest, version: version + 1 }, $push: { outbox: { $each: messages } } }),
    )
  return written.modifiedCount === 1
}

const ended = ['FILLED', 'CANCELED', 'REJECTED', 'DENIED', 'EXPIRED']

/** Whether a strategy has an order that may still fill. Uses (strategy_id, instrument_id, status). */
export const hasWorkingOrder = async (store: Store, strategy_id: string): Promise<boolean> =>
  (await tradingOrders.in(store).findOne({ strategy_id, status: { $nin: ended } }, { projection: { _id: 1 } })) !== null
