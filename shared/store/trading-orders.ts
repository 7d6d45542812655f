import { z } from 'zod'
import { date, decimal } from '../messages/codecs.ts'
import { fillReport, orderCommand, orderStatus } from '../messages/order.ts'
import { collection, isDuplicateKey, type Store, update } from './collection.ts'
import { outbox, outboxIndexes } from './outbox.ts'
import { type Query, readAll } from './query.ts'
import { notInShadow } from './shadow.ts'

/** Steps of the ladder that an exit climbs until it has filled. */
const rungs = ['REQUERY', 'REPRICE', 'MARKET', 'SPLIT', 'PAGE'] as const

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
  /** What is known of its executions, corrections applied. */
  fills: z.array(fillReport).optional(),
  /** An exit that has not closed what it was to close, and that no later rung has taken over: the supervisor goes on until it has. */
  unfinished_exit: z.boolean().optional(),
  /** The rung that took over from it. */
  superseded_by: z.string().optional(),
  /** What it is to become, asked of the broker and not confirmed yet. */
  wanted: z.object({ quantity: decimal, limit_price: decimal.nullable(), stop_price: decimal.nullable() }).optional(),
  /** Why it is to be canceled, while nobody knows whether it came to the broker: asked for as soon as that is known. */
  cancel_wanted: z.string().optional(),
  /** Its broker has no such type: the supervisor makes it of plain orders and of watching the market. */
  emulated: z
    .object({
      /** Best price that a trailing stop has seen. */
      extreme: decimal.nullable(),
      /** Whether its stop was reached. */
      triggered: z.boolean().optional(),
      /** What of it was sent, noted before it was, and how often since the broker has said that it has no such order. */
      sent: z.array(z.object({ client_order_id: z.string(), at: date, asked: z.number() })).optional(),
    })
    .optional(),
  /** Client ids of parts of it beside its own. */
  part_client_ids: z.array(z.string()).optional(),
  /** A bracket's entry, until closing orders stand for all that is left of what it has filled. */
  unprotected: z.boolean().optional(),
  /** The bracket's entry that it closes. */
  parent_order_id: z.string().optional(),
  /** Stands in place of its bracket's closing orders, which could not be made smaller. */
  replaces_closing: z.boolean().optional(),
  /** What was done for an exit that does not fill, oldest first (EXE-7). */
  ladder: z.array(z.object({ rung: z.enum(rungs), at: date, detail: z.string() })).optional(),
  /** When people were last told that it does not fill, and when one of them said that they know. */
  paged_at: date.optional(),
  acknowledged_at: date.optional(),
  version: z.number(),
  ...outbox,
})
export type StoredOrder = z.output<typeof storedOrder>

/** An order with what was wanted of it; a price that a change leaves out stays as it is. */
export const withChanges = (
  order: StoredOrder,
  { quantity, limit_price, stop_price }: NonNullable<StoredOrder['wanted']>,
): StoredOrder => ({
  ...order,
  quantity,
  limit_price: limit_price ?? order.limit_price,
  stop_price: stop_price ?? order.stop_price,
})

export const tradingOrders = collection('trading_orders', {
  schema: storedOrder,
  indexes: [
    { key: { order_id: 1 }, unique: true },
    { key: { account_id: 1, client_order_id: 1 }, unique: true },
    { key: { signal_id: 1 } },
    { key: { strategy_id: 1, instrument_id: 1, status: 1 } },
    { key: { status: 1, updated_at: 1 } },
    { key: { account_id: 1, status: 1 } },
    { key: { account_id: 1, updated_at: 1 } },
    { key: { unfinished_exit: 1, updated_at: 1 }, partialFilterExpression: { unfinished_exit: true } },
    { key: { parent_order_id: 1 }, sparse: true },
    { key: { account_id: 1, part_client_ids: 1 }, partialFilterExpression: { part_client_ids: { $exists: true } } },
    { key: { unprotected: 1 }, partialFilterExpression: { unprotected: true } },
    ...outboxIndexes,
  ],
  retention: 'forever',
})

/** An order to write anew: what still waits to be sent of it stays where it is, and goes out once. */
const toChange = ({ outbox: _, ...order }: StoredOrder): StoredOrder => order

const readToChange = async (store: Store, query: Omit<Query, 'in'>): Promise<StoredOrder[]> =>
  (await readAll(store, { in: tradingOrders, ...query })).map(toChange)

export const orderById = async (store: Store, order_id: string): Promise<StoredOrder | null> =>
  (await readToChange(store, { filter: { order_id }, limit: 1 }))[0] ?? null

export const ordersOfSignalQuery = (signal_id: string) => ({ in: tradingOrders, filter: { signal_id, ...notInShadow } })

export const ordersOfSignal = (store: Store, signal_id: string) => readAll(store, ordersOfSignalQuery(signal_id))

/** Orders by their ids; those that never came to execution are left out. Uses (order_id). */
export const ordersById = (store: Store, order_ids: string[]) => readToChange(store, { filter: { order_id: { $in: order_ids } } })

/** Orders in these states, longest untouched first. Uses (status, updated_at). */
export const ordersInStatus = (store: Store, status: StoredOrder['status'][], limit: number) =>
  readToChange(store, { filter: { status: { $in: status } }, sort: { updated_at: 1 }, limit })

/** Stores the intent to trade; the one that is already there wins and is returned. */
export async function insertOrder(store: Store, order: StoredOrder): Promise<{ stored: StoredOrder; inserted: boolean }> {
  try {
    await tradingOrders.in(store).insertOne({ ...order })
    return { stored: toChange(order), inserted: true }
  } catch (error) {
    if (!isDuplicateKey(error)) throw error
    const stored = await orderById(store, order.order_id)
    if (!stored) throw error
    return { stored, inserted: false }
  }
}

/** Writes an order computed from the version that was read, with new messages and without dropped fields; tells whether nobody was first. */
export async function replaceOrder(store: Store, next: StoredOrder, dropped: readonly (keyof StoredOrder)[] = []): Promise<boolean> {
  const { outbox: messages = [], version, ...rest } = next
  const written = await tradingOrders.in(store).updateOne(
    { order_id: next.order_id, version },
    update({
      $set: { ...rest, version: version + 1 },
      $push: { outbox: { $each: messages } },
      ...(dropped.length > 0 && { $unset: Object.fromEntries(dropped.map(field => [field, ''])) }),
    }),
  )
  return written.modifiedCount === 1
}

/** Orders of an account by the ids that its broker knows them by. Uses (account_id, client_order_id). */
export const ordersByClientId = async (store: Store, account_id: string, client_order_ids: readonly string[]) => {
  const wanted = [...new Set(client_order_ids)]
  return wanted.length === 0 ? [] : readToChange(store, { filter: { account_id, client_order_id: { $in: wanted } } })
}

/** Orders of an account by the ids that its broker knows parts of them by. Uses (account_id, part_client_ids). */
export const ordersByPartId = async (store: Store, account_id: string, client_order_ids: readonly string[]) =>
  client_order_ids.length === 0
    ? []
    : readToChange(store, { filter: { account_id, part_client_ids: { $exists: true, $in: [...new Set(client_order_ids)] } } })

/** Emulated brackets whose closing orders do not stand for all that was filled yet. Uses (unprotected). */
export const unprotectedOrders = (store: Store) => readToChange(store, { filter: { unprotected: true } })

/** Whether nothing of an order that the supervisor emulates has gone out: then it ends here, and not at its broker. */
export const isUnsent = ({ emulated }: StoredOrder): boolean => emulated !== undefined && (emulated.sent ?? []).length === 0

/** Exits that have not closed what they were to close. Uses (unfinished_exit, updated_at). */
export const unfinishedExits = (store: Store, limit: number) =>
  readToChange(store, { filter: { unfinished_exit: true }, sort: { updated_at: 1 }, limit })

const ended = ['FILLED', 'CANCELED', 'REJECTED', 'DENIED', 'EXPIRED']

/** What closes brackets in an instrument and still works. Uses (strategy_id, instrument_id, status). */
export const workingClosingOrders = (store: Store, { account_id, strategy_id, instrument_id }: StoredOrder) =>
  readToChange(store, {
    filter: {
      strategy_id,
      instrument_id,
      status: { $in: ['SUBMITTED', 'PARTIALLY_FILLED'] },
      account_id,
      parent_order_id: { $exists: true },
    },
  })

/** What closes a bracket, or did. Uses (parent_order_id). */
export const closingOrdersOf = (store: Store, parent_order_ids: string[]) =>
  readToChange(store, { filter: { parent_order_id: { $in: parent_order_ids } } })

/** Whether a strategy has an order that may still fill. Uses (strategy_id, instrument_id, status). */
export const hasWorkingOrder = async (store: Store, strategy_id: string): Promise<boolean> =>
  (await tradingOrders.in(store).findOne({ strategy_id, status: { $nin: ended }, ...notInShadow }, { projection: { _id: 1 } })) !== null

/** Orders of an account that anything was learned of since a moment. Uses (account_id, updated_at). */
export const ordersTouchedSince = (store: Store, account_id: string, since: Date) =>
  readToChange(store, { filter: { account_id, updated_at: { $gt: since } } })

/** Notes that a person knows of an exit that does not fill, on it and on the rungs that follow from it; tells whether it is there. */
export async function acknowledgeExit(store: Store, order_id: string, at: Date): Promise<boolean> {
  const { matchedCount } = await tradingOrders
    .in(store)
    .updateOne({ order_id, is_exit: true }, update({ $set: { acknowledged_at: at }, $inc: { version: 1 } }))
  return matchedCount === 1
}
